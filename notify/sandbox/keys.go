package sandbox

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"time"

	"software.sslmate.com/src/go-pkcs12"
)

// keys are the secrets of one run, made at start.
type keys struct {
	ca, bankIDCA authority
	server       tls.Certificate // APNs, FCM, web push, Twilio, SMTP
	expired      tls.Certificate // the same, until yesterday
	bankIDServer tls.Certificate

	apnsKey    *ecdsa.PrivateKey
	vapidKey   *ecdsa.PrivateKey
	fcmKey     *rsa.PrivateKey
	rpCert     []byte // PEM
	rpKey      []byte // PEM
	rpPKCS12   []byte
	rpPassword string

	apnsKeyID, apnsTeamID         string
	fcmKeyID, fcmBearer           string
	twilioSID, twilioToken, msgID string
	smtpPassword                  string
	openIDSecret, entryKey        string
}

// authority is a certificate that signs others.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  string
}

// newKeys makes everything afresh; certificates are valid from an hour ago, by real time, for a year.
func newKeys(cfg Config) (*keys, error) {
	k := &keys{rpPassword: "sandbox", apnsKeyID: upperID(10), apnsTeamID: upperID(10), fcmKeyID: hexID(20), fcmBearer: "ya29.sandbox-" + hexID(16),
		twilioSID: "AC" + hexID(16), twilioToken: hexID(16), msgID: "MG" + hexID(16), smtpPassword: hexID(12), openIDSecret: hexID(16),
		entryKey: base64.StdEncoding.EncodeToString([]byte(hexID(16)))}
	var errs [9]error
	k.ca, errs[0] = newAuthority("Budstikke sandbox CA")
	k.bankIDCA, errs[1] = newAuthority("Budstikke sandbox BankID root")
	k.apnsKey, errs[2] = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	k.vapidKey, errs[3] = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	k.fcmKey, errs[4] = rsa.GenerateKey(rand.Reader, 2048)
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	names := []string{"localhost", "127.0.0.1", "::1", cfg.Host, cfg.Advertise}
	k.server, errs[5] = k.ca.serverCert(names)
	k.bankIDServer, errs[6] = k.bankIDCA.serverCert(names)
	errs[7] = k.makeRelyingParty()
	k.expired, errs[8] = k.ca.expiredCert(names)
	return k, errors.Join(errs[:]...)
}

func (k *keys) makeRelyingParty() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	cert, err := k.bankIDCA.sign(&x509.Certificate{
		Subject:     pkix.Name{CommonName: "Budstikke sandbox relying party", Organization: []string{"Exempelkommunen"}, Country: []string{"SE"}},
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}, key)
	if err != nil {
		return err
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	k.rpCert = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
	k.rpKey = pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})
	k.rpPKCS12, err = pkcs12.Modern.Encode(key, cert, []*x509.Certificate{k.bankIDCA.cert}, k.rpPassword)
	return err
}

func newAuthority(name string) (authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return authority{}, err
	}
	a := authority{key: key}
	self := &x509.Certificate{Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign}
	a.cert = self
	if a.cert, err = a.sign(self, key); err != nil {
		return authority{}, err
	}
	a.pem = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw}))
	return a, nil
}

func (a authority) sign(template *x509.Certificate, key *ecdsa.PrivateKey) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	template.SerialNumber = serial
	if template.NotAfter.IsZero() {
		template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().AddDate(1, 0, 0)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

func (a authority) serverCert(names []string) (tls.Certificate, error) {
	return a.certificate(names, &x509.Certificate{})
}

// expiredCert is what a server has whose operator forgot to renew it.
func (a authority) expiredCert(names []string) (tls.Certificate, error) {
	return a.certificate(names, &x509.Certificate{NotBefore: time.Now().AddDate(-1, 0, 0), NotAfter: time.Now().AddDate(0, 0, -1)})
}

// certificate makes one for a server; of the template only the days are taken, a year from now when it names none.
func (a authority) certificate(names []string, template *x509.Certificate) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template.Subject, template.KeyUsage = pkix.Name{CommonName: names[0]}, x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	cert, err := a.sign(template, key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{cert.Raw, a.cert.Raw}, PrivateKey: key, Leaf: cert}, nil
}

// credentials shows the keys as the providers' developer sites hand them out.
func (k *keys) credentials(cfg Config, at Addresses) Credentials {
	account, _ := json.Marshal(map[string]string{ // strings only: cannot fail
		"type": "service_account", "project_id": cfg.FCM.ProjectID, "private_key_id": k.fcmKeyID, "private_key": pkcs8PEM(k.fcmKey),
		"client_email": serviceAccount(cfg), "client_id": "100000000000000000001", "token_uri": at.FCM + "/token", "universe_domain": "googleapis.com",
	})
	private, _ := k.vapidKey.Bytes() // a P-256 key always has bytes
	public, _ := k.vapidKey.PublicKey.Bytes()
	return Credentials{
		CAPEM:   k.ca.pem,
		APNs:    APNsCredentials{KeyP8: pkcs8PEM(k.apnsKey), KeyID: k.apnsKeyID, TeamID: k.apnsTeamID, Topic: cfg.APNs.Topic},
		FCM:     FCMCredentials{ProjectID: cfg.FCM.ProjectID, ServiceAccountJSON: string(account), StaticBearer: k.fcmBearer},
		WebPush: WebPushCredentials{VAPIDPublicKey: base64.RawURLEncoding.EncodeToString(public), VAPIDPrivateKey: base64.RawURLEncoding.EncodeToString(private)},
		Twilio:  TwilioCredentials{AccountSID: k.twilioSID, AuthToken: k.twilioToken, MessagingServiceSID: k.msgID, From: "Budstikke"},
		SMTP:    SMTPCredentials{Username: "budstikke", Password: k.smtpPassword},
		BankID: BankIDCredentials{ServerCAPEM: k.bankIDCA.pem, CertPEM: string(k.rpCert), KeyPEM: string(k.rpKey), PKCS12: k.rpPKCS12,
			Passphrase: k.rpPassword, Returns: openIDReturns},
		OpenID: OpenIDCredentials{ClientID: "budstikke", ClientSecret: k.openIDSecret, Returns: openIDReturns, EntryKey: k.entryKey},
	}
}

func serviceAccount(cfg Config) string {
	return "sender@" + cfg.FCM.ProjectID + ".iam.gserviceaccount.example"
}

func pkcs8PEM(key any) string {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "" // only for key types that this package does not make
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// hexID returns n random bytes in lower-case hex.
func hexID(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// upperID returns n random characters as Apple's key and team ids have them.
func upperID(n int) string {
	const letters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	for i := range b {
		b[i] = letters[int(b[i])%len(letters)]
	}
	return string(b)
}
