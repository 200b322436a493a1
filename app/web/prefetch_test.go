package web_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"budstikke.example/app/web/webtest"
)

// What follows a link by itself (a mail program that looks for malware, a preview, a browser that thinks ahead) only ever reads: no write answers
// GET, HEAD or OPTIONS, also not with the secret that it takes in its path.
func TestNothingIsDoneByLooking(t *testing.T) {
	t.Parallel()
	var done atomic.Int64
	on := hooks{}
	for _, o := range webtest.Contract(t).Operations {
		if o.Method != http.MethodGet {
			on[o.ID] = func(context.Context, any) error { done.Add(1); return nil }
		}
	}
	b := setup(t, on)
	tried := 0
	for _, o := range b.Contract().Operations {
		path := b.sample(o).URL.RequestURI()
		if _, reads := b.Contract().Find(http.MethodGet, path); reads || o.Method == http.MethodGet || o.ID == "UnsubscribeEmail" { // whose page is tried by TestUnsubscribingIsTakenBack
			continue
		}
		tried++
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodOptions} {
			request := httptest.NewRequest(method, path, http.NoBody)
			request.Header.Set("Authorization", "Bearer "+b.token)
			if got := b.do(request); got.status != http.StatusNotFound {
				t.Errorf("%s %s is answered %d", method, o.Path, got.status)
			}
		}
	}
	if done.Load() != 0 || tried < 50 {
		t.Errorf("%d writes were done by looking at %d addresses", done.Load(), tried)
	}
}
