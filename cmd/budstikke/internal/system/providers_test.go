package system_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"software.sslmate.com/src/go-pkcs12"

	"budstikke.example/cmd/budstikke/internal/boot"
	"budstikke.example/cmd/budstikke/internal/system"
)

// H1: the relying party's certificate is taken as the bank gives it out, or in PEM, and is the same certificate either way.
func TestBankIDsCertificateIsReadAsGivenOut(t *testing.T) {
	t.Parallel()
	key, certificate := issued(t)
	p12, err := pkcs12.Modern.Encode(key, certificate, nil, "a passphrase")
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw})
	both := string(public) + string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	root := filepath.Join(t.TempDir(), "root.pem")
	if err := os.WriteFile(root, public, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		file, passphrase, root, refused string
	}{
		"a .p12 file":                   {file: string(p12), passphrase: "a passphrase", root: root},
		"PEM":                           {file: both, root: root},
		"a wrong passphrase":            {file: string(p12), passphrase: "another", root: root, refused: "BANKID_CERTIFICATE"},
		"a .p12 file without one":       {file: string(p12), root: root, refused: "BANKID_CERTIFICATE"},
		"PEM with a passphrase":         {file: both, passphrase: "a passphrase", root: root, refused: "BANKID_CERTIFICATE"},
		"a root that is not there":      {file: both, root: root + ".old", refused: "BANKID_CA"},
		"a root that is something else": {file: both, root: "/etc/hostname", refused: "BANKID_CA"},
	} {
		p, err := system.ProvidersOf(boot.Settings{BankID: boot.BankID{
			URL: "https://bankid.example", Certificate: boot.Secret(c.file), Passphrase: boot.Secret(c.passphrase), Authority: c.root,
		}})
		switch {
		case c.refused != "":
			var mistakes boot.Mistakes
			if !errors.As(err, &mistakes) || len(mistakes) != 1 || mistakes[0].Name != c.refused || c.passphrase != "" && strings.Contains(err.Error(), c.passphrase) {
				t.Errorf("%s: %v, want a refusal that names %s", name, err, c.refused)
			}
		case err != nil:
			t.Errorf("%s: %v", name, err)
		case string(p.BankID.Certificate.Certificate[0]) != string(certificate.Raw) || !key.Equal(p.BankID.Certificate.PrivateKey):
			t.Errorf("%s: another certificate than the one given out", name)
		}
	}
}

// issued makes a certificate and its key, as a bank would.
func issued(t *testing.T) (*ecdsa.PrivateKey, *x509.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "relying party"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return key, certificate
}
