package bankid_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"budstikke.example/auth/bankid"
	"budstikke.example/notify/sandbox"
)

var device = netip.MustParseAddr("192.0.2.7")

// fake starts the sandbox's BankID and returns it with a client that it lets in.
func fake(t *testing.T) (*sandbox.Sandbox, *bankid.Client) {
	t.Helper()
	s, err := sandbox.Start(context.Background(), sandbox.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	credentials := s.Credentials().BankID
	certificate, err := bankid.CertificateFromPEM([]byte(credentials.CertPEM), []byte(credentials.KeyPEM))
	if err != nil {
		t.Fatal(err)
	}
	return s, client(t, s, certificate)
}

func client(t *testing.T, s *sandbox.Sandbox, certificate tls.Certificate) *bankid.Client {
	t.Helper()
	roots, err := bankid.RootsFromPEM([]byte(s.Credentials().BankID.ServerCAPEM))
	if err != nil {
		t.Fatal(err)
	}
	c, err := bankid.New(bankid.Config{BaseURL: s.Addresses().BankID + "/rp/v6.0/", Certificate: certificate, Roots: roots, Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestAnIdentificationFromBeginningToEnd(t *testing.T) {
	t.Parallel()
	s, c := fake(t)
	ctx := context.Background()
	order, err := c.Auth(ctx, bankid.AuthRequest{EndUserIP: netip.MustParseAddr("::ffff:192.0.2.7"), VisibleText: "Logga in i *Budstikke*"})
	if err != nil {
		t.Fatal(err)
	}
	seen, err := s.OrderByQR(bankid.QR(order.QRStartToken, order.QRStartSecret, 0))
	if err != nil {
		t.Fatalf("the app does not take our QR code: %v", err)
	}
	if seen.EndUserIP != device.String() || seen.VisibleText != "Logga in i *Budstikke*" || seen.OrderRef != order.OrderRef {
		t.Errorf("BankID saw %+v", seen)
	}
	if err := s.HintOrder(order.OrderRef, "userSign"); err != nil {
		t.Fatal(err)
	}
	got, err := c.Collect(ctx, order.OrderRef)
	if err != nil || got.Status != bankid.Pending || got.Hint != bankid.UserSign || got.Completion != nil {
		t.Fatalf("Collect = %+v, %v, want pending, userSign", got, err)
	}
	person := sandbox.TestPersons()[0]
	if err := s.CompleteOrder(order.OrderRef, person); err != nil {
		t.Fatal(err)
	}
	got, err = c.Collect(ctx, order.OrderRef)
	if err != nil || got.Status != bankid.Complete {
		t.Fatalf("Collect = %+v, %v, want complete", got, err)
	}
	if got.Completion.User.PersonalNumber.Reveal() != person.PersonalNumber || got.Completion.IssueDate.IsZero() {
		t.Errorf("the completion is not of the person who signed, or has no date of issue: %s", got.Completion.IssueDate)
	}
	_, err = c.Collect(ctx, order.OrderRef)
	var refusal *bankid.Error
	if !errors.As(err, &refusal) || refusal.Code != bankid.InvalidParameters || refusal.Status != http.StatusBadRequest {
		t.Errorf("collecting again = %v, want invalidParameters", err)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	_, c := fake(t)
	ctx := context.Background()
	order, err := c.Auth(ctx, bankid.AuthRequest{EndUserIP: device})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Cancel(ctx, order.OrderRef); err != nil {
		t.Fatal(err)
	}
	var refusal *bankid.Error
	if got, err := c.Collect(ctx, order.OrderRef); !errors.As(err, &refusal) && got.Status != bankid.Failed {
		t.Errorf("a cancelled order: %+v, %v", got, err)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for mode, want := range map[string]struct {
		code      bankid.ErrorCode
		temporary bool
	}{
		sandbox.ModeMaintenance:       {bankid.Maintenance, true},
		sandbox.ModeUnauthorized:      {bankid.Unauthorized, false}, // an HTML page
		sandbox.ModeAlreadyInProgress: {bankid.AlreadyInProgress, false},
		sandbox.ModeHTML:              {bankid.InternalError, true},
		"429":                         {"", true},
	} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			s, c := fake(t)
			if err := s.AddFault(sandbox.BankID, sandbox.Fault{Mode: mode}); err != nil {
				t.Fatal(err)
			}
			_, err := c.Auth(context.Background(), bankid.AuthRequest{EndUserIP: device})
			var refusal *bankid.Error
			if !errors.As(err, &refusal) || want.code != "" && refusal.Code != want.code || refusal.Temporary() != want.temporary {
				t.Errorf("Auth = %v, want code %s", err, want.code)
			}
			if bankid.Trouble("sv", err) == "" {
				t.Error("there is nothing to tell the person")
			}
		})
	}
}

func TestWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	s, c := fake(t)
	for _, mode := range []string{sandbox.ModeReset, sandbox.ModeHang} {
		if err := s.AddFault(sandbox.BankID, sandbox.Fault{Mode: mode, Count: 1}); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
		_, err := c.Auth(ctx, bankid.AuthRequest{EndUserIP: device})
		cancel()
		var refusal *bankid.Error
		if err == nil || errors.As(err, &refusal) {
			t.Errorf("%s: Auth = %v, want an error of the connection", mode, err)
		}
		if got := bankid.Trouble("en", err); !strings.Contains(got, "cannot be reached") {
			t.Errorf("%s: the person is told %q", mode, got)
		}
		s.ClearFaults(sandbox.BankID)
	}
}

func TestTheServerMustHangUnderBankIDsOwnRoot(t *testing.T) {
	t.Parallel()
	s, _ := fake(t)
	credentials := s.Credentials()
	certificate, err := bankid.CertificateFromPKCS12(credentials.BankID.PKCS12, credentials.BankID.Passphrase)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client(t, s, certificate).Auth(context.Background(), bankid.AuthRequest{EndUserIP: device}); err != nil {
		t.Errorf("with the certificate of the PKCS#12 file: %v", err)
	}
	stranger, err := bankid.New(bankid.Config{BaseURL: s.Addresses().BankID + "/rp/v6.0/", Certificate: certificate, Roots: credentials.CertPool()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stranger.Close)
	var unknown *tls.CertificateVerificationError
	if _, err := stranger.Auth(context.Background(), bankid.AuthRequest{EndUserIP: device}); !errors.As(err, &unknown) {
		t.Errorf("under another root: %v, want the certificate to be refused", err)
	}
}

// canned answers every call with the same bytes.
func canned(t *testing.T, status int, contentType, body string) *bankid.Client {
	t.Helper()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	c, err := bankid.New(bankid.Config{BaseURL: server.URL, Certificate: server.TLS.Certificates[0], Roots: roots})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

const completed = `{"orderRef":"o","status":"complete","completionData":{"user":{"personalNumber":"198501019809","name":"Astrid Ekdal","givenName":"Astrid","surname":"Ekdal"},"device":{"ipAddress":"192.0.2.7","uhi":"h"},"bankIdIssueDate":"2025-08-09Z","stepUp":STEPUP,"signature":"c2ln","ocspResponse":"b2NzcA==","risk":"low"}}`

func TestBothFormsOfStepUpAndDatesWithAZone(t *testing.T) {
	t.Parallel()
	for form, want := range map[string]bankid.StepUp{"false": false, "true": true, `{"mrtd":true}`: true, `{"mrtd":false}`: false, "null": false, `"x"`: false} {
		got, err := canned(t, 200, "application/json;charset=utf-8", strings.Replace(completed, "STEPUP", form, 1)).Collect(context.Background(), "o")
		if err != nil {
			t.Fatalf("%s: %v", form, err)
		}
		if got.Completion.StepUp != want || got.Completion.Risk != "low" {
			t.Errorf("%s: step-up is %t, risk %q", form, got.Completion.StepUp, got.Completion.Risk)
		}
		if !got.Completion.IssueDate.Equal(time.Date(2025, 8, 9, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("issued %s, want 2025-08-09", got.Completion.IssueDate)
		}
	}
	for text, want := range map[string]string{`"2025-08-09+02:00"`: "2025-08-08T22:00:00Z", `"2025-08-09"`: "2025-08-09T00:00:00Z", `"soon"`: "0001-01-01T00:00:00Z", `7`: "0001-01-01T00:00:00Z"} {
		var d bankid.Date
		if err := json.Unmarshal([]byte(text), &d); err != nil || d.UTC().Format(time.RFC3339) != want {
			t.Errorf("%s is read as %s, %v", text, d.UTC().Format(time.RFC3339), err)
		}
	}
}

func TestUnknownWordsAreTolerated(t *testing.T) {
	t.Parallel()
	for _, status := range []bankid.Status{bankid.Pending, bankid.Failed} {
		got, err := canned(t, 200, "application/json", `{"orderRef":"o","status":"`+string(status)+`","hintCode":"somethingNew","more":[1]}`).Collect(context.Background(), "o")
		if err != nil || got.Status != status || got.Hint != "somethingNew" || bankid.Guidance("nb", status, got.Hint) == "" {
			t.Errorf("Collect = %+v, %v", got, err)
		}
	}
	_, err := canned(t, 400, "application/json", `{"errorCode":"brandNew","details":"d"}`).Collect(context.Background(), "o")
	var refusal *bankid.Error
	if !errors.As(err, &refusal) || refusal.Code != "brandNew" || refusal.Details != "d" || strings.Contains(err.Error(), "details") {
		t.Errorf("Collect = %v", err)
	}
	if bankid.Trouble("da", err) == "" {
		t.Error("there is nothing to tell the person")
	}
}

func TestAnswersThatAreNotBankIDs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status     int
		kind, body string
		want       bankid.ErrorCode
	}{
		"a page":             {200, "text/html", "<html>", bankid.BadAnswer},
		"broken JSON":        {200, "application/json", `{"status":"pend`, bankid.BadAnswer},
		"no status":          {200, "application/json", `{}`, bankid.BadAnswer},
		"unknown status":     {200, "application/json", `{"status":"maybe"}`, bankid.BadAnswer},
		"complete by nobody": {200, "application/json", `{"status":"complete"}`, bankid.BadAnswer},
		"no number":          {200, "application/json", `{"status":"complete","completionData":{"user":{}}}`, bankid.BadAnswer},
		"endless":            {200, "application/json", `{"status":"pending","x":"` + strings.Repeat("x", 2<<20) + `"}`, bankid.BadAnswer},
		"a redirect":         {307, "text/html", "", bankid.BadAnswer},
		"403 as a page":      {403, "text/html; charset=utf-8", "<html>", bankid.Unauthorized},
		"404 without a word": {404, "application/json", "{}", bankid.NotFound},
		"405":                {405, "application/json", "", bankid.MethodNotAllowed},
		"408":                {408, "", "", bankid.RequestTimeout},
		"415":                {415, "", "", bankid.UnsupportedMediaType},
		"500":                {500, "", "", bankid.InternalError},
		"503 as a page":      {503, "text/html", "<html>", bankid.Maintenance},
	} {
		_, err := canned(t, c.status, c.kind, c.body).Collect(context.Background(), "o")
		var refusal *bankid.Error
		if !errors.As(err, &refusal) || refusal.Code != c.want {
			t.Errorf("%s: Collect = %v, want %s", name, err, c.want)
		}
	}
	if _, err := canned(t, 200, "application/json", `{"orderRef":"o"}`).Auth(context.Background(), bankid.AuthRequest{EndUserIP: device}); err == nil {
		t.Error("an order without a QR secret was taken")
	}
	if _, err := canned(t, 200, "application/json", `{}`).Auth(context.Background(), bankid.AuthRequest{}); err == nil {
		t.Error("an identification began without the device's address")
	}
}

func TestWhatIsMissingIsSaid(t *testing.T) {
	t.Parallel()
	roots := x509.NewCertPool()
	certificate := tls.Certificate{Certificate: [][]byte{{1}}}
	for want, config := range map[string]bankid.Config{
		"https":       {BaseURL: "http://bankid.example", Certificate: certificate, Roots: roots},
		"client cert": {Roots: roots},
		"root":        {Certificate: certificate},
	} {
		if _, err := bankid.New(config); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("New = %v, want an error about %s", err, want)
		}
	}
	if _, err := bankid.CertificateFromPKCS12([]byte("x"), "secret-passphrase"); err == nil || strings.Contains(err.Error(), "secret-passphrase") {
		t.Errorf("CertificateFromPKCS12 = %v", err)
	}
	if _, err := bankid.CertificateFromPEM([]byte("x"), []byte("y")); err == nil {
		t.Error("no error for a certificate that is none")
	}
	if _, err := bankid.RootsFromPEM([]byte("x")); err == nil {
		t.Error("no error for a root that is none")
	}
}
