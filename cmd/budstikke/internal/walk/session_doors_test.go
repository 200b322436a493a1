package walk_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"budstikke.example/migrations/scope"
)

// P11, V15: who signs out everywhere else while the other devices are prolonging their sessions has signed them out: nothing that one of them was
// given meanwhile opens anything.
func TestSigningOutElsewhereWhileItIsProlonged(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.people()
	phone := w.family("Annelore", scope.Guardian)
	var elsewhere []tokens
	for range 5 {
		elsewhere = append(elsewhere, w.family("Annelore", scope.Guardian))
	}
	answers := w.atOnce(t, 16, func(i int) call {
		if i == 7 {
			return call{method: http.MethodDelete, path: "/v1/signin/other-sessions", token: phone.access}
		}
		return call{method: http.MethodPost, path: "/v1/signin/session/refresh",
			body: map[string]any{"refreshToken": elsewhere[i%5].refresh, "deviceSecret": deviceSecret}}
	})
	answers[7].want(t, http.StatusNoContent, "")
	for i, got := range answers {
		switch {
		case i == 7:
		case got.status == http.StatusOK:
			w.do(call{path: "/v1/guardian/me", token: got.text(t, "token")}).want(t, http.StatusUnauthorized, "sign_in_required")
			w.refresh(t, got.text(t, "refreshToken"), deviceSecret).want(t, http.StatusUnauthorized, "refresh_refused")
		default:
			got.want(t, http.StatusUnauthorized, "refresh_refused")
		}
	}
	w.do(call{path: "/v1/guardian/me", token: phone.access}).want(t, http.StatusOK, "")
}

// P11: a session is over at the moment it says, idle or whole, and the grace of a predecessor ends to the moment too.
func TestSessionsEndToTheMoment(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.people()
	for given, c := range map[string]struct {
		kind        scope.Caller
		path        string
		idle, whole time.Duration
	}{
		"Annelore":  {scope.Guardian, "/v1/guardian/me", 15 * 24 * time.Hour, 90 * 24 * time.Hour},
		"Heddavina": {scope.Staff, "/v1/staff/institutions", 4 * time.Hour, 12 * time.Hour},
	} {
		used, idle := w.family(given, c.kind), w.family(given, c.kind)
		began := w.Clock.Now()
		w.Clock.Advance(10*time.Minute - time.Microsecond)
		w.do(call{path: c.path, token: used.access}).want(t, http.StatusOK, "")
		w.Clock.Advance(time.Microsecond)
		w.do(call{path: c.path, token: used.access}).want(t, http.StatusUnauthorized, "sign_in_required")

		refresh, previous := used.refresh, ""
		for {
			step := c.idle - time.Microsecond
			if left := began.Add(c.whole).Sub(w.Clock.Now()); left <= step {
				break
			}
			w.Clock.Set(w.Clock.Now().Add(step - 10*time.Minute)) // what is left of the ten minutes at the first
			got := w.refresh(t, refresh, deviceSecret).want(t, http.StatusOK, "")
			previous, refresh = refresh, got.text(t, "refreshToken")
		}
		w.refresh(t, idle.refresh, deviceSecret).want(t, http.StatusUnauthorized, "refresh_refused")
		w.Clock.Advance(10*time.Second - time.Microsecond)
		w.refresh(t, previous, deviceSecret).want(t, http.StatusOK, "")
		w.Clock.Set(began.Add(c.whole - time.Microsecond))
		last := w.refresh(t, refresh, deviceSecret).want(t, http.StatusOK, "")
		w.do(call{path: c.path, token: last.text(t, "token")}).want(t, http.StatusOK, "")
		w.Clock.Advance(time.Microsecond)
		w.do(call{path: c.path, token: last.text(t, "token")}).want(t, http.StatusUnauthorized, "sign_in_required")
		w.refresh(t, last.text(t, "refreshToken"), deviceSecret).want(t, http.StatusUnauthorized, "refresh_refused")
		w.Clock.Set(began)
	}
}

// U5: a passkey is removed when its device is lost; whoever has the device is signed out with it.
func TestARemovedPasskeySignsOutElsewhere(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	k := newKey()
	r := w.withPasskey(k)
	lost := w.comesIn(k).want(t, http.StatusCreated, "").text(t, "token")
	id := w.passkeys(r.token)[0].ID
	w.addPasskey(r.token, "", "Nyckel", newKey()).want(t, http.StatusCreated, "")
	w.do(call{path: "/v1/signin/sessions", token: lost}).want(t, http.StatusOK, "")
	w.do(call{method: http.MethodDelete, path: "/v1/signin/passkeys/" + id.String(), token: r.token}).want(t, http.StatusNoContent, "")
	w.do(call{path: "/v1/signin/sessions", token: lost}).want(t, http.StatusUnauthorized, "sign_in_required")
	w.do(call{path: "/v1/signin/sessions", token: r.token}).want(t, http.StatusOK, "")
}

// V7: a new PIN ends what the old one has opened, and what it is just about to open: somebody whose PIN was seen chooses another, and that is the end.
func TestANewPINEndsWhatTheOldOneOpened(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.people()
	tab := w.tablet(w.groupOf("Alfhildis"))
	children := call{path: "/v1/staff/institutions/" + w.institution(kindergarten).String() + "/children"}
	w.setPIN(t, "Emelinda", goodPIN)
	children.token = w.unlock(t, tab, "Emelinda", goodPIN).want(t, http.StatusCreated, "").text(t, "token")
	w.do(children).want(t, http.StatusOK, "")
	w.setPIN(t, "Emelinda", "938471")
	w.do(children).want(t, http.StatusUnauthorized, "sign_in_required")

	ctx, cancel := context.WithTimeout(w.ctx, time.Minute)
	defer cancel()
	change, err := w.Admin.Begin(ctx)
	must(t, err)
	defer func() { _ = change.Rollback(context.WithoutCancel(ctx)) }()
	_, err = change.Exec(ctx, "update auth.pins set pin_hash = 'another' where person_id = $1", w.person("Emelinda"))
	must(t, err)
	answered := make(chan reply, 1)
	go func() { answered <- w.unlock(t, tab, "Emelinda", "938471") }()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for waiting := false; !waiting; {
		select {
		case early := <-answered:
			t.Fatalf("answered %d %s before the PIN had changed", early.status, early.code)
		case <-ctx.Done():
			t.Fatal("the PIN is neither waited for nor taken")
		case <-tick.C:
			waiting = one[bool](w, `select exists (select from pg_locks where not granted and locktype in ('transactionid', 'tuple')
				and pid in (select pid from pg_stat_activity where datname = current_database()))`)
		}
	}
	must(t, change.Commit(ctx))
	(<-answered).want(t, http.StatusUnauthorized, "pin_wrong")
}
