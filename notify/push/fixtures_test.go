package push

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/notify"
)

var testNow = time.Date(2026, 11, 21, 8, 30, 0, 0, time.UTC)

func testClock() time.Time { return testNow }

// testPush is a critical push with fixed ids, so that what leaves can be compared to the byte.
func testPush() notify.Push {
	return notify.Push{
		Delivery: notify.Delivery{
			Municipality: uuid.MustParse("01900000-0000-7000-8000-00000000000a"),
			ID:           uuid.MustParse("01900000-0000-7000-8000-000000000001"),
			Event:        uuid.MustParse("01900000-0000-7000-8000-000000000002"),
			Subject:      uuid.MustParse("01900000-0000-7000-8000-000000000003"),
			Person:       uuid.MustParse("01900000-0000-7000-8000-000000000004"),
			Endpoint:     uuid.MustParse("01900000-0000-7000-8000-000000000005"),
			Kind:         notify.KindAlertRaised, Urgency: notify.UrgencyCritical, Channel: notify.ChannelPush, Provider: notify.ProviderAPNs,
			Address: "00fc13adff785122b4ad28809a3420982341241421348097878e577c991de8f0", RegisteredAt: testNow.Add(-24 * time.Hour),
			Locale: notify.English, Attempt: 1, ExpiresAt: testNow.Add(4 * time.Hour),
		},
		Words: notify.Words{
			Title: "Urgent: open now", Text: "There is an important notice for you.",
			Link: "https://budstikke.example/open/alert_raised/01900000-0000-7000-8000-000000000003",
		},
	}
}

func routinePush() notify.Push {
	p := testPush()
	p.Delivery.Kind, p.Delivery.Urgency = notify.KindMessagePosted, notify.UrgencyRoutine
	p.Delivery.ExpiresAt = testNow.Add(72 * time.Hour)
	p.Words = notify.Words{Title: "New message", Text: "There is a message for you to read.", Link: "https://budstikke.example/open/message_posted/x"}
	return p
}

// testCertificate is a server certificate for 127.0.0.1 and the pool that trusts it; made once, it costs CPU.
var testCertificate = sync.OnceValues(func() (tls.Certificate, *x509.CertPool) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "push test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
})

func testRoots() *x509.CertPool {
	_, pool := testCertificate()
	return pool
}

// testKey is a signing key in the form of Apple's .p8 file.
var testKey = sync.OnceValue(func() string {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
})

func closing(t *testing.T, s interface{ Close(context.Context) error }) {
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
}

// receive waits for a value, at most ten seconds.
func receive[T any](t *testing.T, from <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(10 * time.Second):
		t.Fatalf("waited in vain for %s", what)
	}
	panic("unreachable")
}

func tlsFor(certificate tls.Certificate) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{certificate}}
}

// countNew counts the connections that a server accepts.
func countNew(n *atomic.Int64) func(net.Conn, http.ConnState) {
	return func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			n.Add(1)
		}
	}
}

// until waits for a condition that nothing announces, at most ten seconds.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !is(); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}
