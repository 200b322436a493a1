package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/sensitive"
	"budstikke.example/app/web"
	"budstikke.example/auth"
)

// failing is a server whose PostMessage answers with err.
func failing(t *testing.T, err error) (*bundle, answer) {
	t.Helper()
	b := setup(t, hooks{"PostMessage": func(context.Context, any) error { return err }})
	return b, b.raw(b.request("PostMessage"))
}

func TestStatuses(t *testing.T) {
	t.Parallel()
	for kind, status := range map[app.FaultKind]int{
		app.Malformed: 400, app.Unauthenticated: 401, app.NotFound: 404, app.Conflict: 409, app.Outdated: 412, app.Unprocessable: 422,
		app.VersionMissing: 428, app.TooMany: 429, app.Unavailable: 503,
	} {
		_, got := failing(t, fmt.Errorf("wrapped: %w", &app.Fault{Kind: kind, Code: "text_empty", Detail: "Do this."}))
		if got.status != status || got.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("kind %d: %d %s", kind, got.status, got.body)
		}
	}
	for _, kind := range []app.FaultKind{0, -3, 99} {
		_, got := failing(t, &app.Fault{Kind: kind, Code: "text_empty"})
		got.want(t, http.StatusInternalServerError, "internal")
	}
}

// The contract's own examples are what is really answered.
func TestProblemsAreTheContractsExamples(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	for name, response := range b.Contract().Document.Components.Responses {
		example, _ := response.Value.Content["application/problem+json"].Example.(map[string]any)
		code, _ := example["code"].(string)
		kind := map[string]app.FaultKind{
			"BadRequest": app.Malformed, "SignInRequired": app.Unauthenticated, "NotFound": app.NotFound, "Conflict": app.Conflict,
			"VersionOutdated": app.Outdated, "Unprocessable": app.Unprocessable, "VersionRequired": app.VersionMissing, "TooMany": app.TooMany,
			"Unavailable": app.Unavailable,
		}[name]
		var err error = &app.Fault{Kind: kind, Code: code, Detail: fmt.Sprint(example["detail"])}
		if name == "Internal" {
			err = errors.New("boom")
		}
		if name == "TooLarge" || name == "UnsupportedMedia" {
			continue // TestServerRefusals, TestMediaTypes
		}
		_, got := failing(t, err)
		want, _ := json.Marshal(example)
		if !sameJSON(t, got.body, string(want)) {
			t.Errorf("%s is answered\n%s, the contract's example is\n%s", name, got.body, want)
		}
	}
}

func sameJSON(t *testing.T, a, b string) bool {
	t.Helper()
	var first, second any
	if json.Unmarshal([]byte(a), &first) != nil || json.Unmarshal([]byte(b), &second) != nil {
		t.Fatalf("no JSON: %s %s", a, b)
	}
	x, _ := json.Marshal(first)
	y, _ := json.Marshal(second)
	return string(x) == string(y)
}

// P1, P24: what may not be seen is answered byte for byte like what is not there.
func TestNotFoundIsMute(t *testing.T) {
	t.Parallel()
	_, plain := failing(t, app.ErrNotFound)
	_, telling := failing(t, &app.Fault{Kind: app.NotFound, Code: "not_your_child", Detail: "CANARY", RetryAfter: time.Minute,
		Fields: []app.Field{{Pointer: "/CANARY", Detail: "CANARY"}}})
	if telling.body != plain.body || telling.status != http.StatusNotFound {
		t.Errorf("a fault of kind not found is answered %s, want %s", telling.body, plain.body)
	}
	for _, h := range []http.Header{plain.header, telling.header} {
		h.Del("X-Request-Id")
		h.Del("Date")
	}
	if fmt.Sprint(telling.header) != fmt.Sprint(plain.header) {
		t.Errorf("headers %v, want %v", telling.header, plain.header)
	}
}

// P8, P24: an unknown error stays ours.
func TestUnknownErrors(t *testing.T) {
	t.Parallel()
	b, got := failing(t, errors.New(`ERROR: duplicate key value violates unique constraint "accounts_pkey" (SQLSTATE 23505)`))
	got.want(t, http.StatusInternalServerError, "internal")
	if strings.Contains(got.body, "SQLSTATE") || len(got.Fields) > 0 {
		t.Errorf("the caller is told %s", got.body)
	}
	log := b.log.String()
	if strings.Count(log, "accounts_pkey") != 1 || strings.Count(log, got.header.Get("X-Request-Id")) != 2 {
		t.Errorf("the error must be in the log once, with the request's number:\n%s", log)
	}
}

// V7, RFC 9470: whoever is asked for a PIN or a fresh proof is not told that nobody is signed in.
func TestTitlesFitTheirCodes(t *testing.T) {
	t.Parallel()
	title := func(code string) string {
		_, got := failing(t, &app.Fault{Kind: app.Unauthenticated, Code: code, Detail: "Do something."})
		var p struct{ Title string }
		if err := json.Unmarshal([]byte(got.body), &p); err != nil {
			t.Fatal(err)
		}
		return p.Title
	}
	seen := map[string]string{}
	for _, code := range []string{
		"sign_in_required", "step_up_required", "pin_required", "pin_wrong", "pin_locked", "sign_in_failed", "activation_failed", "refresh_refused", "signature_invalid",
	} {
		got := title(code)
		if other, twice := seen[got]; twice || got == "" {
			t.Errorf("%s and %s are both called %q", code, other, got)
		}
		seen[got] = code
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for wait, want := range map[time.Duration]string{0: "", time.Millisecond: "1", 90 * time.Second: "90", 90*time.Second + 1: "91"} {
		_, got := failing(t, &app.Fault{Kind: app.TooMany, Code: "too_many_attempts", Detail: "Wait.", RetryAfter: wait})
		if got.header.Get("Retry-After") != want {
			t.Errorf("%s: Retry-After is %q, want %q", wait, got.header.Get("Retry-After"), want)
		}
	}
	b, got := failing(t, context.DeadlineExceeded)
	got.want(t, http.StatusServiceUnavailable, "unavailable")
	if got.header.Get("Retry-After") != "2" || !strings.Contains(b.log.String(), `"unavailable"`) {
		t.Errorf("unavailable: Retry-After %q, log\n%s", got.header.Get("Retry-After"), b.log)
	}
}

// B4, V18: the warning shows the words, the reason and a better way, and how to send it all the same.
func TestReview(t *testing.T) {
	t.Parallel()
	report := sensitive.Report{Severity: sensitive.Warn, Ruleset: "2026.1", Findings: []sensitive.Finding{{
		Category: sensitive.HealthDiagnosis, Severity: sensitive.Warn, Action: sensitive.Confirm, Rules: []string{"health_diagnosis.x"}, Reason: "Why.",
		Advice: "Better.", Spans: []sensitive.Span{{StartRune: 1, EndRune: 3, StartUTF16: 2, EndUTF16: 4}},
	}}}
	for _, given := range []any{report, &report} {
		b := setup(t, hooks{"PostMessage": func(context.Context, any) error {
			return &app.Fault{Kind: app.Conflict, Code: "sensitivity_confirmation_required", Detail: "Look it over.",
				Review: &app.Review{Report: given, Acknowledgement: "ack_1"}}
		}})
		got := b.do(b.request("PostMessage")).want(t, http.StatusConflict, "sensitivity_confirmation_required")
		want := `{"severity":"warn","ruleset":"2026.1","findings":[{"category":"health_diagnosis","severity":"warn","action":"confirm","rules":["health_diagnosis.x"],"reason":"Why.",` +
			`"advice":"Better.","spans":[{"start":2,"end":4,"startRune":1,"endRune":3}]}],"acknowledgement":"ack_1"}`
		if !sameJSON(t, string(got.Review), want) {
			t.Errorf("review is %s, want %s", got.Review, want)
		}
	}
}

// Nobody without a session learns more than that, whatever else is wrong with the request (security, V15).
func TestGuard(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	token, _ := auth.NewToken(uuid.Nil)
	holder, _ := auth.NewHolder(uuid.New())
	ill := []string{"", "Bearer", "Bearer ", "Bearer x", "Basic " + b.token, b.token, "Bearer " + b.token + "x", "Bearer " + b.token[:len(b.token)-1],
		"Bearer " + strings.ToUpper(b.token), "Bearer " + token.Reveal(), "Bearer " + holder.Reveal(), "Bearer " + b.token + ", Bearer " + b.token}
	var first string
	for _, operation := range b.Contract().Operations {
		if !operation.Secured {
			req := b.sample(operation)
			req.Header.Set("Authorization", "Bearer x")
			if got := b.do(req); got.status > 299 {
				t.Errorf("%s needs no session, and is answered %d", operation.ID, got.status)
			}
			continue
		}
		for _, header := range ill {
			req := withBody(b.sample(operation), `{"broken`)
			req.Header = http.Header{"Authorization": {header}} // and everything else is missing
			got := b.do(req).want(t, http.StatusUnauthorized, "sign_in_required")
			if first == "" {
				first = got.body
			}
			if got.body != first || got.header.Get("WWW-Authenticate") != "Bearer" {
				t.Errorf("%s: %q is answered %s", operation.ID, header, got.body)
			}
		}
	}
	req := b.request("GetMe")
	req.Header.Add("Authorization", "Bearer "+b.token)
	b.do(req).want(t, http.StatusUnauthorized, "sign_in_required")
	req = b.request("GetMe")
	req.Header.Set("Authorization", "bearer  "+b.token)
	b.do(req).want(t, http.StatusOK, "")
}

func TestCredential(t *testing.T) {
	t.Parallel()
	var seen, anonymous auth.Credential
	var found bool
	b := setup(t, hooks{
		"GetMe":              func(ctx context.Context, _ any) error { seen, _ = auth.CredentialOf(ctx); return nil },
		"ListMunicipalities": func(ctx context.Context, _ any) error { anonymous, found = auth.CredentialOf(ctx); return nil },
	})
	b.do(b.request("GetMe")).want(t, http.StatusOK, "")
	want, err := auth.ParseToken(b.token)
	if err != nil || seen != want {
		t.Errorf("the room sees %v, want %v", seen, want)
	}
	req := b.request("ListMunicipalities")
	req.Header.Set("Authorization", "Bearer "+b.token)
	b.do(req).want(t, http.StatusOK, "")
	if found {
		t.Errorf("an operation without security sees the credential %v", anonymous)
	}
}

// Only the provider's signature opens a machine's door; without a way to check it, nothing does.
func TestSignature(t *testing.T) {
	t.Parallel()
	b := setup(t, hooks{"ReceiveSMS": mustNotRun(t)})
	// Whatever else is wrong with the request: who has not signed it learns nothing about what it should look like (P19).
	right := b.request("ReceiveSMS").Header.Get("X-Twilio-Signature")
	for name, signatures := range map[string][]string{"wrong": {"forged"}, "missing": nil, "empty": {""}, "given twice": {right, right}} {
		for _, body := range []string{"From=%2B46701740605&Body=K7Q2M9", "Unknown=1", "%zz", "From=a&From=b", ""} {
			for _, media := range []string{"application/x-www-form-urlencoded", "application/json", "multipart/form-data; boundary=x", ""} {
				req := withBody(b.request("ReceiveSMS"), body)
				req.Header["X-Twilio-Signature"] = signatures
				req.Header.Set("Content-Type", media)
				if got := b.do(req); got.status != http.StatusUnauthorized || got.Code != "signature_invalid" || len(got.Fields) > 0 {
					t.Errorf("a signature that is %s, the body %q as %q: %d %s", name, body, media, got.status, got.body)
				}
			}
		}
	}
	closed := setup(t, hooks{"ReceiveSMS": mustNotRun(t)}, func(c *web.Config) { c.Signed = nil })
	closed.do(closed.request("ReceiveSMS")).want(t, http.StatusUnauthorized, "signature_invalid")

	var path string
	var form map[string][]string
	open := setup(t, nil, func(c *web.Config) {
		c.Signed = func(p string, f url.Values, _ string) bool { path, form = p, f; return true }
	})
	req := withBody(open.request("ReceiveSMS"), "From=%2B46701740605&Body=K7Q2M9&AccountSid=AC0&Extra=a+b")
	open.do(req).want(t, http.StatusNoContent, "")
	if path != req.URL.Path || fmt.Sprint(form) != "map[AccountSid:[AC0] Body:[K7Q2M9] Extra:[a b] From:[+46701740605]]" {
		t.Errorf("the signature is checked over %q and %v", path, form)
	}
}
