package walk_test

import (
	"crypto/hkdf"
	"crypto/sha256"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
	"budstikke.example/notify/confirm"
)

// B1: a tap on "unsubscribe" is taken back by the page of the same link, or in the app; opening the link changes nothing, and neither does a link that is
// not ours. Each changes the addresses of its own person only.
func TestUnsubscribingIsTakenBack(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	endpoint := func(given string) uuid.UUID {
		id := uuid.New()
		w.exec(`insert into notify.endpoints (municipality_id, id, person_id, channel, provider, address, locale, state, created_at, registered_at, verified_at)
			values ($1, $2, $3, 'email', 'smtp', $4, 'sv', 'active', now(), now(), now())`, w.here, id, w.person(given), strings.ToLower(given)+"@example.com")
		return id
	}
	mine, others := endpoint("Annelore"), endpoint("Bodvaris")
	routine := func(id uuid.UUID) bool {
		return one[bool](w, "select routine from notify.endpoints where id = $1", id)
	}
	key, err := hkdf.Key(sha256.New, w.base.SigningKey, nil, "budstikke e-mail confirmation", 32)
	must(t, err)
	signer, err := confirm.New(key)
	must(t, err)
	path := "/v1/machine/unsubscribe/" + signer.UnsubscribeToken(w.here, mine)
	tap := func(path, word string, status int) {
		t.Helper()
		w.do(call{method: http.MethodPost, path: path, noKey: true, body: url.Values{"List-Unsubscribe": {word}}}).want(t, status, map[int]string{404: "not_found", 400: "request_invalid"}[status])
	}
	stands := func(when string, want bool) {
		t.Helper()
		if routine(mine) != want || !routine(others) {
			t.Errorf("%s routine mail comes to me: %t, to another: %t", when, routine(mine), routine(others))
		}
		if got := w.do(call{path: "/v1/guardian/me", token: is[right].token}).want(t, http.StatusOK, ""); strings.Contains(got.wire(), `"routine":false`) == want {
			t.Errorf("%s the app is told %s", when, got.wire())
		}
	}
	for _, link := range []string{path, "/v1/machine/unsubscribe/beu_" + strings.Repeat("A", 80)} {
		page, err := w.client.Get(w.url + link) // a page is no operation of the contract
		must(t, err)
		must(t, page.Body.Close())
		if page.StatusCode != http.StatusOK || !strings.Contains(page.Header.Get("Content-Security-Policy"), "connect-src 'self'") {
			t.Errorf("the page of %s answered %d", link[:30], page.StatusCode)
		}
	}
	stands("after the link was opened", true)
	tap(path, "One-Click", http.StatusNoContent)
	stands("after a tap", false)
	tap(path, "Twice", http.StatusBadRequest)
	tap("/v1/machine/unsubscribe/beu_"+strings.Repeat("A", 80), "Again", http.StatusNotFound)
	stands("after what is no word and no link of ours", false)
	tap(path, "Again", http.StatusNoContent)
	stands("after it was taken back", true)
	for _, want := range []bool{false, true} {
		w.do(call{method: http.MethodPut, path: "/v1/guardian/email-notices", token: is[right].token, body: map[string]any{"routine": want}}).want(t, http.StatusNoContent, "")
		stands("in the app", want)
	}
	w.do(call{method: http.MethodPut, path: "/v1/guardian/email-notices", token: w.session("Kommunalia", scope.Staff, 0), body: map[string]any{"routine": false}}).want(t, http.StatusNotFound, "not_found")
}
