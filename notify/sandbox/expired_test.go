package sandbox_test

import (
	"crypto/x509"
	"errors"
	"net/http"
	"testing"
	"time"

	"budstikke.example/notify/sandbox"
)

// TestExpiredCertificateIsShownUntilItIsRenewed lets a client that is connected lose its connection to a provider whose certificate has expired, and come
// back when it was renewed.
func TestExpiredCertificateIsShownUntilItIsRenewed(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	phone := apple(t, s)
	push := func() error {
		_, err := phone.PushWithContext(within(t, 30*time.Second), notification(s, deviceToken(1)))
		return err
	}
	connect := func() error { // to Google, on a connection of its own
		client := web(t, s, true)
		defer client.CloseIdleConnections()
		req, err := http.NewRequestWithContext(within(t, 30*time.Second), http.MethodGet, s.Addresses().FCMTLS, nil)
		if err != nil {
			return err
		}
		res, err := client.Do(req)
		if err == nil {
			_ = res.Body.Close()
		}
		return err
	}
	if err := errors.Join(push(), connect()); err != nil {
		t.Fatalf("before: %v", err)
	}
	for _, p := range []sandbox.Provider{sandbox.APNs, sandbox.FCM} {
		fault(t, s, p, sandbox.Fault{Mode: sandbox.ModeExpiredCertificate})
	}
	if push() == nil {
		t.Error("a connection that was open lived on")
	}
	for _, err := range []error{push(), connect()} {
		var invalid x509.CertificateInvalidError
		if !errors.As(err, &invalid) || invalid.Reason != x509.Expired {
			t.Errorf("on a new connection: %v", err)
		}
	}
	for _, p := range []sandbox.Provider{sandbox.APNs, sandbox.FCM} {
		s.ClearFaults(p)
	}
	if err := errors.Join(push(), connect()); err != nil {
		t.Errorf("after it was renewed: %v", err)
	}
	if n := len(s.Deliveries(nil)); n != 2 {
		t.Errorf("%d deliveries, want those of before and after", n)
	}
}
