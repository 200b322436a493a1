package walk_test

import (
	"net/http"
	"strings"
	"testing"

	"budstikke.example/app/web"
	"budstikke.example/auth/bankid"
	"budstikke.example/cmd/budstikke/internal/system"
	"budstikke.example/notify/sandbox"
)

// orderIn starts a sign-in, in a language if one is named.
func (w *town) orderIn(locale string) reply {
	w.tb.Helper()
	body := map[string]any{"municipalityId": w.here}
	if locale != "" {
		body["locale"] = locale
	}
	return w.do(call{method: http.MethodPost, path: "/v1/signin/bankid", body: body, outage: true})
}

// H1: when BankID refuses or is silent, the person reads what to do now, in the language of the request or else in that of the municipality.
func TestBankIDsTroublesAreExplained(t *testing.T) {
	t.Parallel()
	own, err := sandbox.Start(t.Context(), sandbox.Config{})
	must(t, err)
	t.Cleanup(func() { must(t, own.Close()) })
	w := newTown(t, func(b *system.Base) {
		outside, err := system.Providers{}.WithSandbox(own.Manifest())
		must(t, err)
		b.Providers.BankID = outside.BankID
	})
	for mode, c := range map[string]struct {
		code   bankid.ErrorCode
		status int
		answer string
	}{
		sandbox.ModeMaintenance:       {bankid.Maintenance, http.StatusServiceUnavailable, "unavailable"},
		sandbox.ModeAlreadyInProgress: {bankid.AlreadyInProgress, http.StatusConflict, "bankid_busy"},
		sandbox.ModeUnauthorized:      {bankid.Unauthorized, http.StatusServiceUnavailable, "unavailable"},
		"500":                         {bankid.InternalError, http.StatusServiceUnavailable, "unavailable"},
	} {
		must(t, own.AddFault(sandbox.BankID, sandbox.Fault{Mode: mode}))
		for _, locale := range []string{"", "nb", "nn", "da", "sv", "en"} {
			said := locale
			if said == "" {
				said = "sv" // the municipality's
			}
			got := w.orderIn(locale).want(t, c.status, c.answer)
			if want := bankid.Trouble(said, &bankid.Error{Code: c.code}); got.text(t, "detail") != want {
				t.Errorf("%s in %q: %s, want %q", mode, locale, got.body, want)
			}
		}
		own.ClearFaults(sandbox.BankID)
	}
	w.orderIn("nb").want(t, http.StatusCreated, "")
}

// H1: BankID that is not there at all is no mistake of ours, and is answered in the same words everywhere.
func TestASilentBankIDIsUnavailable(t *testing.T) {
	t.Parallel()
	w := newTown(t, func(b *system.Base) {
		silent := *b.Providers.BankID
		silent.BaseURL = "https://127.0.0.1:1/rp/v6.0/"
		b.Providers.BankID = &silent
	})
	if got := w.orderIn("da").want(t, http.StatusServiceUnavailable, "unavailable"); got.text(t, "detail") != bankid.Trouble("da", bankid.ErrNoAnswer) {
		t.Errorf("told %s", got.body)
	}
}

// H1: a municipality in Norway or Denmark runs without Swedish BankID, as long as guardians can prove who they are to somebody; what BankID would do is
// not there then, and nothing starts when nobody could come in.
func TestWithoutBankID(t *testing.T) {
	t.Parallel()
	w := newTown(t, func(b *system.Base) { b.Providers.BankID = nil })
	if got := w.do(call{path: "/v1/signin/municipalities/" + w.here.String() + "/methods"}).want(t, http.StatusOK, ""); contains(got, `"bankid"`) || !contains(got, "guardian") {
		t.Errorf("the ways in: %s", got.body)
	}
	missing := w.do(call{method: http.MethodPost, path: "/v1/signin/bankid", body: map[string]any{"municipalityId": newID()}}).want(t, http.StatusNotFound, "not_found")
	if got := w.orderIn(""); got.wire() != missing.wire() {
		t.Errorf("started without BankID: %s", got.wire())
	}
	holder := "bsh_AZHg8AAAcACAAAAAAAAAAQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
	for _, path := range []string{"/v1/signin/bankid/collect", "/v1/signin/bankid/cancel"} {
		w.do(call{method: http.MethodPost, path: path, body: map[string]any{"holder": holder}}).want(t, http.StatusNotFound, "not_found")
	}
	first := w.finish(w.journey("guardian", byNumber("a", w.numbers["Annelore"].Digits())), "").want(t, http.StatusOK, "")
	if first.text(t, "status") != "application" {
		t.Errorf("a guardian by the other provider: %s", first.body)
	}

	closed := w.base
	closed.Providers.OIDC = nil
	if _, err := system.NewAPI(closed, w.keys, web.Config{}); err == nil || !strings.Contains(err.Error(), "OIDC_PROVIDERS") {
		t.Errorf("an installation that no guardian can sign in to: %v", err)
	}
}
