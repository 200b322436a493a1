package walk_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"budstikke.example/auth"
	"budstikke.example/auth/oidc"
	"budstikke.example/cmd/budstikke/internal/system"
	"budstikke.example/migrations/scope"
)

// U5, U7: who must have a second factor by now, because of another role or another rule of the municipality, does not go on with the session that
// one factor began. The refusal reads like every other, and the next sign-in leads to a second factor.
func TestRoleThatOutgrowsItsSession(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	boss := w.session("Heddavina", scope.Staff, 0)
	stranger := w.refresh(t, "bsr_nothing", deviceSecret).want(t, http.StatusUnauthorized, "refresh_refused")
	for name, sql := range map[string]string{
		"another role": "update app.staff_roles set group_id = null where person_id in (select person_id from auth.sessions where device_name = 'one factor' and ended_at is null)",
		"another rule": "update app.municipalities set second_factor_for_all = true",
	} {
		in := w.staffSignIn(w.ofOneGroup(boss), newPassword, "")
		in.body.(map[string]any)["device"] = map[string]any{"secret": deviceSecret, "name": "one factor"}
		began := w.do(in).want(t, http.StatusCreated, "")
		on := w.refresh(t, began.text(t, "refreshToken"), deviceSecret).want(t, http.StatusOK, "")
		w.exec(sql)
		if got := w.refresh(t, on.text(t, "refreshToken"), deviceSecret); got.wire() != stranger.wire() {
			t.Errorf("%s: the session goes on: %s", name, got.wire())
		}
		w.do(call{path: "/v1/staff/institutions", token: on.text(t, "token")}).want(t, http.StatusUnauthorized, "sign_in_required")
		if kind := w.do(in).want(t, http.StatusCreated, "").text(t, "kind"); kind != "second_factor" {
			t.Errorf("%s: the next sign-in gives a session of the kind %s", name, kind)
		}
		w.exec("update app.municipalities set second_factor_for_all = false")
	}
	// Two factors go on, whatever is asked.
	strong := w.family("Heddavina", scope.Staff)
	w.exec("update app.municipalities set second_factor_for_all = true")
	w.refresh(t, strong.refresh, deviceSecret).want(t, http.StatusOK, "")
}

// U5: where a profile lets one factor in, it lets those in of whom one is enough, and nobody else.
func TestProviderOfOneFactor(t *testing.T) {
	t.Parallel()
	w := newTown(t, func(b *system.Base) {
		outside, err := providers()
		must(t, err)
		c := outside.Manifest()
		b.Providers.OIDC, err = oidc.Open(oidc.File{Returns: c.Credentials.OpenID.Returns, Providers: []oidc.Profile{{
			ID: "sandbox", Municipality: "*", Name: "Sandbox", Issuer: c.Addresses.OpenID, ClientID: c.Credentials.OpenID.ClientID,
			ClientSecret: auth.Hide(c.Credentials.OpenID.ClientSecret), ACRValues: []string{"strong"},
			Level: oidc.Level{Values: map[string]oidc.Strength{"strong": oidc.Low}, Least: oidc.Low}, Staff: &oidc.StaffClaims{Username: "uniid"},
		}}}, oidc.Config{})
		must(t, err)
	})
	w.exec("update app.persons set username = 'emel' where id = $1", w.person("Emelinda"))
	w.exec("update app.persons set username = 'hedd' where id = $1", w.person("Heddavina"))
	w.exec("update app.staff_roles set group_id = $2 where person_id = $1", w.person("Emelinda"), w.groupOf("Alfhildis"))
	w.finish(w.journey("staff", byName("e", "emel")), "").want(t, http.StatusOK, "").session(t)
	sessions := one[int](w, "select count(*) from auth.sessions")
	if got := w.finish(w.journey("staff", byName("h", "hedd")), "").want(t, http.StatusOK, ""); got.text(t, "status") != "failed" || got.text(t, "reason") != "too_weak" {
		t.Errorf("a head with one factor: %s", got.body)
	}
	if n := one[int](w, "select count(*) from auth.sessions"); n != sessions {
		t.Errorf("%d sessions began", n-sessions)
	}
	if n := one[int](w, "select count(*) from audit.entries where operation = 'FinishSignIn' and outcome = 'failed' and person_id = $1", w.person("Heddavina")); n != 1 {
		t.Errorf("%d entries in the audit trail, want 1 (B5)", n)
	}
}

// P10: the alarms of every municipality are a metric, which names none of them.
func TestAlarmsAreAMetric(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	metrics := httptest.NewServer(system.Metrics(system.Alarms{DB: w.API}))
	t.Cleanup(metrics.Close)
	ask := func() string {
		res, err := http.Get(metrics.URL + "/metrics")
		must(t, err)
		defer res.Body.Close()
		var text strings.Builder
		must(t, res.Write(&text))
		return text.String()
	}
	const line = `budstikke_alarms_last_hour{kind="sign_in_stuffing_suspected"} `
	if got := ask(); !strings.Contains(got, line+"0\n") {
		t.Errorf("before: %s", got)
	}
	for n := range 50 { // names that nobody has, each once
		w.do(w.staffSignIn(strings.Repeat("x", n+1)+"@example.com", "hemligt hemligt", "")).want(t, http.StatusUnauthorized, "sign_in_failed")
		if n%25 == 24 {
			w.exec("update auth.attempts set failures = 0") // the address's own limit is not what is tried here
		}
	}
	got := ask()
	if !strings.Contains(got, line+"1\n") || !strings.Contains(got, `{kind="passkey_copy_suspected"} 0`) || strings.Contains(got, w.here.String()) {
		t.Errorf("after fifty names: %s", got)
	}
	w.Clock.Advance(61 * 60 * 1e9)
	if got := ask(); !strings.Contains(got, line+"0\n") {
		t.Errorf("an hour later: %s", got)
	}
}
