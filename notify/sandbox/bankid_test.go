package sandbox_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"software.sslmate.com/src/go-pkcs12"

	"budstikke.example/notify/sandbox"
)

// relyingParty calls BankID as a municipality does.
type relyingParty struct {
	t      *testing.T
	base   string
	client *http.Client
}

func newRelyingParty(t *testing.T, s *sandbox.Sandbox) *relyingParty {
	t.Helper()
	c := s.Credentials().BankID
	key, cert, _, err := pkcs12.DecodeChain(c.PKCS12, c.Passphrase)
	if err != nil {
		t.Fatal(err)
	}
	conf := &tls.Config{RootCAs: c.ServerPool(), Certificates: []tls.Certificate{{Certificate: [][]byte{cert.Raw}, PrivateKey: key}}}
	tr := &http.Transport{TLSClientConfig: conf}
	t.Cleanup(tr.CloseIdleConnections)
	return &relyingParty{t, s.Addresses().BankID + "/rp/v6.0/", &http.Client{Transport: tr, Timeout: 10 * time.Second}}
}

type bankIDAnswer struct {
	OrderRef, AutoStartToken, QRStartToken, QRStartSecret string
	Status, HintCode                                      string
	ErrorCode, Details                                    string
	CompletionData                                        struct {
		User            struct{ PersonalNumber, Name, GivenName, Surname string }
		Device          struct{ IPAddress, UHI string }
		BankIDIssueDate string
		Signature       string
		Risk            string
	}
}

func (r *relyingParty) call(method string, body any) (int, bankIDAnswer) {
	r.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		r.t.Fatal(err)
	}
	res, err := r.client.Post(r.base+method, "application/json", bytes.NewReader(raw))
	if err != nil {
		r.t.Fatal(err)
	}
	text := bodyOf(r.t, res)
	var a bankIDAnswer
	if strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") {
		if err := json.Unmarshal([]byte(text), &a); err != nil {
			r.t.Fatal(err)
		}
	} else {
		a.Details = text
	}
	return res.StatusCode, a
}

func (r *relyingParty) auth(more map[string]any) bankIDAnswer {
	r.t.Helper()
	body := map[string]any{"endUserIp": "192.0.2.7"}
	for k, v := range more {
		body[k] = v
	}
	status, a := r.call("auth", body)
	if status != 200 || a.OrderRef == "" || a.AutoStartToken == "" || a.QRStartToken == "" || a.QRStartSecret == "" {
		r.t.Fatalf("auth: %d %+v", status, a)
	}
	return a
}

func (r *relyingParty) collect(ref string) bankIDAnswer {
	r.t.Helper()
	_, a := r.call("collect", map[string]string{"orderRef": ref})
	return a
}

func qr(a bankIDAnswer, seconds int) string {
	mac := hmac.New(sha256.New, []byte(a.QRStartSecret))
	mac.Write([]byte(strconv.Itoa(seconds)))
	return "bankid." + a.QRStartToken + "." + strconv.Itoa(seconds) + "." + hex.EncodeToString(mac.Sum(nil))
}

func TestBankIDSignsIn(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := start(t, sandbox.Config{Clock: c.now})
	rp := newRelyingParty(t, s)
	a := rp.auth(map[string]any{"returnRisk": true, "userVisibleData": base64.StdEncoding.EncodeToString([]byte("Logga in på Solgläntan"))})
	if got := rp.collect(a.OrderRef); got.Status != "pending" || got.HintCode != "outstandingTransaction" {
		t.Fatalf("at first: %+v", got)
	}
	c.forward(4 * time.Second)
	o, err := s.OrderByQR(qr(a, 4))
	if err != nil || o.OrderRef != a.OrderRef || o.VisibleText != "Logga in på Solgläntan" {
		t.Fatalf("scan: %+v, %v", o, err)
	}
	if got := rp.collect(a.OrderRef); got.HintCode != "started" {
		t.Errorf("after the scan: %+v", got)
	}
	if err := s.HintOrder(a.OrderRef, "userSign"); err != nil {
		t.Error(err)
	}
	if got := rp.collect(a.OrderRef); got.Status != "pending" || got.HintCode != "userSign" {
		t.Errorf("after the hint: %+v", got)
	}
	who := sandbox.TestPersons()[0]
	if err := s.CompleteOrder(a.OrderRef, who); err != nil {
		t.Fatal(err)
	}
	got := rp.collect(a.OrderRef)
	u := got.CompletionData.User
	if got.Status != "complete" || u.PersonalNumber != who.PersonalNumber || u.Name != who.GivenName+" "+who.Surname || got.CompletionData.Device.IPAddress != "192.0.2.7" || got.CompletionData.Risk != "low" {
		t.Errorf("complete: %+v", got)
	}
	if _, err := time.Parse("2006-01-02Z07:00", got.CompletionData.BankIDIssueDate); err != nil {
		t.Errorf("issue date: %v", err)
	}
	if again := rp.collect(a.OrderRef); again.ErrorCode != "invalidParameters" || again.Details != "No such order" {
		t.Errorf("collected twice: %+v", again)
	}
}

func TestBankIDQRCodes(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := start(t, sandbox.Config{Clock: c.now})
	a := newRelyingParty(t, s).auth(nil)
	c.forward(20 * time.Second)
	for name, code := range map[string]string{
		"old":     qr(a, 5),
		"future":  qr(a, 25),
		"forged":  qr(a, 20)[:80] + strings.Repeat("0", 40),
		"unknown": "bankid.x.20." + strings.Repeat("0", 64),
		"nothing": "",
	} {
		if _, err := s.OrderByQR(code); err == nil {
			t.Errorf("%s: was accepted", name)
		}
	}
	if _, err := s.OrderByQR(qr(a, 20)); err != nil {
		t.Errorf("the right code: %v", err)
	}
	if o, err := s.OrderByAutoStart(a.AutoStartToken); err != nil || o.OrderRef != a.OrderRef {
		t.Errorf("autostart: %+v, %v", o, err)
	}
}

func TestBankIDOrdersEnd(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := start(t, sandbox.Config{Clock: c.now})
	rp := newRelyingParty(t, s)
	unstarted, started, cancelled, refused := rp.auth(nil), rp.auth(nil), rp.auth(nil), rp.auth(nil)
	if _, err := s.OrderByAutoStart(started.AutoStartToken); err != nil {
		t.Fatal(err)
	}
	if status, _ := rp.call("cancel", map[string]string{"orderRef": cancelled.OrderRef}); status != 200 {
		t.Errorf("cancel: %d", status)
	}
	if got := rp.collect(cancelled.OrderRef); got.ErrorCode != "invalidParameters" {
		t.Errorf("collect after cancel: %+v", got)
	}
	if err := s.FailOrder(refused.OrderRef, "userCancel"); err != nil {
		t.Error(err)
	}
	if got := rp.collect(refused.OrderRef); got.Status != "failed" || got.HintCode != "userCancel" {
		t.Errorf("refused: %+v", got)
	}
	c.forward(31 * time.Second)
	if got := rp.collect(unstarted.OrderRef); got.Status != "failed" || got.HintCode != "startFailed" {
		t.Errorf("unstarted: %+v", got)
	}
	if got := rp.collect(started.OrderRef); got.Status != "pending" {
		t.Errorf("started: %+v", got)
	}
	c.forward(3 * time.Minute)
	if got := rp.collect(started.OrderRef); got.Status != "failed" || got.HintCode != "expiredTransaction" {
		t.Errorf("expired: %+v", got)
	}
	if err := s.CompleteOrder(started.OrderRef, sandbox.TestPersons()[0]); err == nil {
		t.Error("an expired order was completed")
	}
}

func TestBankIDScripts(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	rp := newRelyingParty(t, s)
	who := sandbox.TestPersons()[1]
	if err := s.ScriptBankID(who.PersonalNumber, sandbox.Outcome{Pending: []string{"started", "userSign"}}); err != nil {
		t.Fatal(err)
	}
	if err := s.ScriptBankID("", sandbox.Outcome{Fail: "certificateErr"}); err != nil {
		t.Fatal(err)
	}
	a := rp.auth(map[string]any{"requirement": map[string]any{"personalNumber": who.PersonalNumber}})
	if one, two, three := rp.collect(a.OrderRef), rp.collect(a.OrderRef), rp.collect(a.OrderRef); one.HintCode != "started" || two.HintCode != "userSign" ||
		three.Status != "complete" || three.CompletionData.User.GivenName != who.GivenName {
		t.Errorf("got %+v, %+v, %+v", one, two, three)
	}
	if got := rp.collect(rp.auth(nil).OrderRef); got.Status != "failed" || got.HintCode != "certificateErr" {
		t.Errorf("script for everybody: %+v", got)
	}
	s.ClearBankIDScripts()
	if got := rp.collect(rp.auth(nil).OrderRef); got.Status != "pending" {
		t.Errorf("after clearing: %+v", got)
	}
	if err := s.ScriptBankID("", sandbox.Outcome{}); err == nil {
		t.Error("a script for nobody was accepted")
	}
}

func TestBankIDErrors(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	rp := newRelyingParty(t, s)
	for name, tt := range map[string]struct {
		method string
		body   any
		status int
		code   string
	}{
		"no ip":               {"auth", map[string]any{}, 400, "invalidParameters"},
		"bad number":          {"auth", map[string]any{"endUserIp": "192.0.2.7", "requirement": map[string]any{"personalNumber": "19850101-9801"}}, 400, "invalidParameters"},
		"policies no list":    {"auth", map[string]any{"endUserIp": "192.0.2.7", "requirement": map[string]any{"certificatePolicies": "1.2.752.78.1.5"}}, 400, "invalidParameters"},
		"text no base64":      {"auth", map[string]any{"endUserIp": "192.0.2.7", "userVisibleData": "å"}, 400, "invalidParameters"},
		"text too long":       {"auth", map[string]any{"endUserIp": "192.0.2.7", "userVisibleData": strings.Repeat("QUFB", 376)}, 400, "invalidParameters"},
		"sign without text":   {"sign", map[string]any{"endUserIp": "192.0.2.7"}, 400, "invalidParameters"},
		"unknown order":       {"collect", map[string]any{"orderRef": "131daac9-16c6-4618-beb0-365768f37288"}, 400, "invalidParameters"},
		"cancel unknown":      {"cancel", map[string]any{"orderRef": "131daac9-16c6-4618-beb0-365768f37288"}, 400, "invalidParameters"},
		"unknown method":      {"pay", map[string]any{}, 404, "notFound"},
		"body is not a value": {"auth", "x", 400, "invalidParameters"},
	} {
		if status, a := rp.call(tt.method, tt.body); status != tt.status || a.ErrorCode != tt.code {
			t.Errorf("%s: got %d %+v", name, status, a)
		}
	}
	if res, err := rp.client.Get(rp.base + "collect"); err != nil || res.StatusCode != 405 || !strings.Contains(bodyOf(t, res), "methodNotAllowed") {
		t.Errorf("GET: %+v, %v", res, err)
	}
	if res, err := rp.client.Post(rp.base+"collect", "text/plain", strings.NewReader("{}")); err != nil || res.StatusCode != 415 || !strings.Contains(bodyOf(t, res), "unsupportedMediaType") {
		t.Errorf("text: %+v, %v", res, err)
	}
	fault(t, s, sandbox.BankID, sandbox.Fault{Mode: sandbox.ModeMaintenance, Count: 1})
	if status, a := rp.call("auth", map[string]any{"endUserIp": "192.0.2.7"}); status != 503 || a.ErrorCode != "maintenance" {
		t.Errorf("maintenance: %d %+v", status, a)
	}
	fault(t, s, sandbox.BankID, sandbox.Fault{Mode: sandbox.ModeUnauthorized, Count: 1})
	if status, a := rp.call("auth", map[string]any{"endUserIp": "192.0.2.7"}); status != 403 || !strings.Contains(a.Details, "<html>") {
		t.Errorf("unauthorized: %d %+v", status, a)
	}
}

func TestBankIDAlreadyInProgressAbortsBoth(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	rp := newRelyingParty(t, s)
	who := map[string]any{"requirement": map[string]any{"personalNumber": sandbox.TestPersons()[0].PersonalNumber}, "endUserIp": "192.0.2.7"}
	first := rp.auth(who)
	if status, a := rp.call("auth", who); status != 400 || a.ErrorCode != "alreadyInProgress" {
		t.Fatalf("second: %d %+v", status, a)
	}
	if got := rp.collect(first.OrderRef); got.Status != "failed" || got.HintCode != "cancelled" {
		t.Errorf("first: %+v", got)
	}
	third := rp.auth(who)
	if err := s.CompleteOrder(third.OrderRef, sandbox.TestPersons()[1]); err == nil {
		t.Error("another person completed the order")
	}
}

func TestBankIDAsksForACertificate(t *testing.T) {
	t.Parallel()
	s, other := start(t, sandbox.Config{}), start(t, sandbox.Config{})
	get := func(roots *x509.CertPool, certs ...tls.Certificate) (*http.Response, error) {
		tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, Certificates: certs}}
		t.Cleanup(tr.CloseIdleConnections)
		return (&http.Client{Transport: tr, Timeout: 10 * time.Second}).Post(s.Addresses().BankID+"/rp/v6.0/auth", "application/json", strings.NewReader(`{"endUserIp":"192.0.2.7"}`))
	}
	res, err := get(s.Credentials().BankID.ServerPool())
	if err != nil || res.StatusCode != 403 || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
		t.Errorf("no certificate: %+v, %v", res, err)
	} else {
		_ = bodyOf(t, res)
	}
	if _, err := get(s.Credentials().CertPool()); err == nil {
		t.Error("the server hangs under the common CA; it has to have a root of its own")
	}
	stranger, err := tls.X509KeyPair([]byte(other.Credentials().BankID.CertPEM), []byte(other.Credentials().BankID.KeyPEM))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := get(s.Credentials().BankID.ServerPool(), stranger); err == nil {
		t.Error("a stranger's certificate was accepted")
	}
}
