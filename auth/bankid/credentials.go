package bankid

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"errors"

	"software.sslmate.com/src/go-pkcs12"
)

// CertificateFromPEM reads the client certificate, with its chain, and its key. Errors do not quote either.
func CertificateFromPEM(certificate, key []byte) (tls.Certificate, error) {
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return tls.Certificate{}, errors.New("bankid: the client certificate and its key cannot be read as PEM, or do not belong together")
	}
	return pair, nil
}

// CertificateFromPKCS12 reads the client certificate from the .p12 or .pfx file that the bank hands out.
func CertificateFromPKCS12(file []byte, passphrase string) (tls.Certificate, error) {
	key, leaf, chain, err := pkcs12.DecodeChain(file, passphrase)
	if errors.Is(err, pkcs12.ErrIncorrectPassword) {
		return tls.Certificate{}, errors.New("bankid: the passphrase does not open the client certificate's file")
	}
	if err != nil {
		return tls.Certificate{}, errors.New("bankid: the client certificate's file cannot be read as PKCS#12")
	}
	switch key.(type) {
	case *rsa.PrivateKey, *ecdsa.PrivateKey, ed25519.PrivateKey:
	default:
		return tls.Certificate{}, errors.New("bankid: the client certificate's file holds a kind of key that cannot be used")
	}
	pair := tls.Certificate{PrivateKey: key, Leaf: leaf, Certificate: [][]byte{leaf.Raw}}
	for _, c := range chain {
		pair.Certificate = append(pair.Certificate, c.Raw)
	}
	return pair, nil
}

// RootsFromPEM reads BankID's own root certificate.
func RootsFromPEM(roots []byte) (*x509.CertPool, error) {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(roots) {
		return nil, errors.New("bankid: the root certificate cannot be read as PEM")
	}
	return pool, nil
}
