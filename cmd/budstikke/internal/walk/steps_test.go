package walk_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"budstikke.example/app/web/contract"
	"budstikke.example/notify/sandbox"
)

// build is the request of a row about some ids. Whatever an operation takes in its path comes from the ids.
func (w *walk) build(o *contract.Operation, r row, x ids, caller who) call {
	w.tb.Helper()
	c := call{method: o.Method, path: o.Path, token: w.is[caller].token, noKey: !o.Repeatable}
	for _, p := range o.Parameters {
		if p.In == "path" {
			value := x.path(p.Name)
			if value == "" {
				w.tb.Fatalf("%s: nothing is known for the parameter %s", o.ID, p.Name)
			}
			c.path = strings.Replace(c.path, "{"+p.Name+"}", value, 1)
		}
	}
	c.path += strings.Replace(r.query, "today", w.day(0), 1)
	if r.body != nil {
		c.body = r.body(w, x, caller)
	}
	if o.Versioned {
		c.ifMatch = x.etag
		if c.ifMatch == "" {
			c.ifMatch = `"1"`
		}
	}
	if r.signed {
		form, _ := c.body.(url.Values)
		c.header = map[string]string{"X-Twilio-Signature": w.sign(c.path, form)}
	}
	return c
}

// permitted lets those who may call an operation, and the first of them again.
func (w *walk) permitted(t *testing.T, o *contract.Operation, r row) {
	callers := r.allowed
	if r.open || r.signed {
		callers = []who{nobody}
	}
	key := "walk-key-shared-" + o.ID
	seen := map[string]who{}
	for i, caller := range callers {
		x := w.real
		if r.arrange != nil {
			x = r.arrange(w, caller)
		}
		w.prepare(o.ID, &x)
		c := w.build(o, r, x, caller)
		c.key = key
		if i == 0 || r.arrange != nil {
			w.asked[o.ID] = c
		}
		got := w.doIn(t, c)
		if got.status != r.status {
			t.Errorf("%s as %s answered %d %s, want %d: %s", o.ID, caller, got.status, got.code, r.status, got.body)
			continue
		}
		if r.holder != "" {
			w.mayShow(t, o.ID, r.holder, got)
		} else {
			w.mayShow(t, o.ID, caller, got)
		}
		w.leavesAnEntry(t, o, caller, got)
		if got.replayed() {
			t.Errorf("%s as %s was given an answer that was kept for somebody else with the same key", o.ID, caller)
		}
		if o.Repeatable && len(got.body) > 0 {
			if earlier, twice := seen[string(got.body)]; twice && r.status == http.StatusCreated {
				t.Errorf("%s: %s was given the answer of %s", o.ID, caller, earlier)
			}
			seen[string(got.body)] = caller
		}
		if o.Repeatable {
			w.again(t, o, r, c, got)
		}
		if o.Method == http.MethodGet {
			c.method = http.MethodHead
			if head := w.doIn(t, c); head.status != got.status {
				t.Errorf("HEAD of %s as %s answered %d", o.ID, caller, head.status)
			}
		}
	}
}

// prepare does what only some operations need before they can succeed.
func (w *walk) prepare(id string, x *ids) {
	switch id {
	case "CollectBankID", "CancelBankID":
		start := w.do(call{method: http.MethodPost, path: "/v1/signin/bankid", body: map[string]any{"municipalityId": w.here}}).want(w.tb, http.StatusCreated, "")
		w.holder = start.text(w.tb, "holder")
		if id == "CollectBankID" {
			order, err := w.sandbox.OrderByQR(start.text(w.tb, "qr"))
			must(w.tb, err)
			must(w.tb, w.sandbox.CompleteOrder(order.OrderRef, sandbox.Person{PersonalNumber: w.numbers["Annelore"].Digits(), GivenName: "A", Surname: "B"}))
		}
	case "UnsubscribeEmail":
		w.drain(w.tb.(*testing.T))
		x.token = w.unsubscribe()
	}
}

// again sends the same request with the same key: the same answer, and nothing happens a second time (B6, P7).
func (w *walk) again(t *testing.T, o *contract.Operation, r row, c call, first reply) {
	t.Helper()
	before := w.fingerprint()
	got := w.doIn(t, c)
	switch {
	case r.again == replay && (!got.replayed() || got.wire() != first.wire()):
		t.Errorf("%s repeated answered\n%s\ninstead of its first answer\n%s", o.ID, got.wire(), first.wire())
	case r.again == spent:
		if got.status != http.StatusNotFound {
			t.Errorf("%s repeated answered %d", o.ID, got.status)
		}
	case r.again == recompute && got.wire() != first.wire(), got.status != first.status:
		t.Errorf("%s repeated answered\n%s\ninstead of\n%s", o.ID, got.wire(), first.wire())
	}
	if r.again == anew {
		if got.wire() == first.wire() {
			t.Errorf("%s repeated gave the first device's answer again", o.ID)
		}
		return
	}
	w.unchanged(t, before, "when "+o.ID+" was repeated")
}

// refused lets everybody call who may not, with the very request and key of those who may, and compares with what does not exist.
func (w *walk) refused(t *testing.T, o *contract.Operation, r row) {
	t.Run(o.ID, func(t *testing.T) {
		if len(r.allowed) > 0 && r.about(o) { // who may, about what does not exist
			missing := w.doIn(t, w.build(o, r, nothing(), r.allowed[0]))
			if nowhere := w.doIn(t, call{path: "/v1/nowhere"}); missing.wire() != nowhere.wire() {
				t.Errorf("%s of what does not exist answered %s", o.ID, missing.wire())
			}
		}
		for _, caller := range everybody {
			if slices.Contains(r.allowed, caller) || byThemselves[o.ID] && !slices.Contains(strangers, caller) {
				continue
			}
			c, ok := w.asked[o.ID]
			if !ok {
				c = w.build(o, r, w.real, caller)
			}
			c.token = w.is[caller].token
			if r.signed {
				w.unsigned(t, o, c)
				continue
			}
			w.refusedAlike(t, o, r, caller, c)
		}
	})
}

// about tells whether an operation is about something that has an id.
func (r row) about(o *contract.Operation) bool {
	return strings.Contains(o.Path, "{") || o.ID == "StartConversation"
}

func (w *walk) refusedAlike(t *testing.T, o *contract.Operation, r row, caller who, c call) {
	t.Helper()
	status, code := http.StatusNotFound, "not_found"
	if slices.Contains(strangers, caller) {
		status, code = http.StatusUnauthorized, "sign_in_required"
	}
	got := w.doIn(t, c)
	if got.status != status || got.code != code {
		t.Errorf("%s as %s answered %d %s, want %d %s: %s", o.ID, caller, got.status, got.code, status, code, got.body)
		return
	}
	w.mayShow(t, o.ID, caller, got)
	unknown := w.build(o, r, nothing(), caller)
	if missing := w.doIn(t, unknown); missing.wire() != got.wire() {
		t.Errorf("%s as %s tells what exists from what does not:\n%s\nand\n%s", o.ID, caller, got.wire(), missing.wire())
	}
	if nowhere := w.doIn(t, call{path: "/v1/nowhere", token: c.token}); status == http.StatusNotFound && nowhere.wire() != got.wire() {
		t.Errorf("%s as %s tells an operation from none:\n%s\nand\n%s", o.ID, caller, got.wire(), nowhere.wire())
	}
	if o.Method == http.MethodGet {
		c.method = http.MethodHead
		if head := w.doIn(t, c); head.status != got.status {
			t.Errorf("HEAD of %s as %s answered %d", o.ID, caller, head.status)
		}
	}
}

// unsigned sends a machine's request without its signature, with none of ours, and with that of another address or body (P19).
func (w *walk) unsigned(t *testing.T, o *contract.Operation, c call) {
	t.Helper()
	form, _ := c.body.(url.Values)
	elsewhere := strings.Replace(c.path, w.here.String(), w.there.String(), 1)
	changed := url.Values{"extra": {"1"}}
	for name, values := range form {
		changed[name] = values
	}
	for name, signature := range map[string]string{
		"empty": "", "wrong": "0/KCTR6DLpKmkAf8muzZqo1nDgQ=", "not base64": "%%%", "of another municipality": w.sign(elsewhere, form), "of another body": w.sign(c.path, changed),
	} {
		c.header = map[string]string{"X-Twilio-Signature": signature}
		if got := w.doIn(t, c); got.status != http.StatusUnauthorized || got.code != "signature_invalid" {
			t.Errorf("%s with a signature that is %s answered %d %s", o.ID, name, got.status, got.code)
		}
	}
	c.header = nil
	if got := w.doIn(t, c); got.status != http.StatusUnauthorized || got.code != "signature_invalid" {
		t.Errorf("%s without a signature answered %d %s", o.ID, got.status, got.code)
	}
}
