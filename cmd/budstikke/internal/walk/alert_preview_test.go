package walk_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// preview is what a head is shown of whom an alert would go to.
type preview struct {
	Recipients                    string
	Guardians, Reachable, Unnamed int
	Channels                      []struct {
		Channel   string
		Guardians int
	}
	Unreachable []struct{ PersonID, Name, Why string }
	raw         string
}

func (w *walk) preview(t *testing.T, token string) (p preview) {
	t.Helper()
	got := w.do(call{method: http.MethodPost, path: "/v1/office/institutions/" + w.real.Institution.String() + "/alert-preview", token: token,
		body: map[string]any{"situation": "lockdown", "text": textOfAlert}}).want(t, http.StatusOK, "")
	must(t, json.Unmarshal(got.body, &p))
	p.raw = string(got.body)
	return p
}

func (w *walk) raise(token, recipients, key string) reply {
	return w.do(call{method: http.MethodPost, path: "/v1/office/institutions/" + w.real.Institution.String() + "/alerts", token: token, key: key,
		body: map[string]any{"situation": "lockdown", "text": textOfAlert, "expectedRecipients": recipients}})
}

func (p preview) by(channel string) int {
	for _, c := range p.Channels {
		if c.Channel == channel {
			return c.Guardians
		}
	}
	return -1
}

// B2, B9: whom an alert would go to is who gets it, or nobody does; and somebody other than a head is told of nobody.
func TestPreviewedRecipientsAreTheRecipients(t *testing.T) {
	t.Parallel()
	w := arrived(t)
	w.reachable()
	w.settle()
	hedda := w.is[head].token
	before := w.preview(t, hedda)
	if before.Guardians < 3 || before.Reachable != before.Guardians || len(before.Unreachable)+before.Unnamed != 0 || before.by("sms") != before.Guardians {
		t.Fatalf("everybody has a number: %s", before.raw)
	}
	if again := w.preview(t, w.is[owner].token); again.Recipients != before.Recipients {
		t.Error("the same people have two marks")
	}

	w.exec("update notify.endpoints set state = 'retired', retired_reason = 'gone' where person_id = $1", w.person("Annelore"))
	w.exec("update notify.endpoints set state = 'unverified', verified_at = null where person_id = $1", w.person("Bodvaris"))
	w.exec("update notify.endpoints set state = 'retired', retired_reason = 'one_too_many' where person_id = $1 and channel <> 'push'", w.person("Ceciliana"))
	some := w.preview(t, hedda)
	if some.Recipients != before.Recipients || some.Reachable != before.Reachable-2 || some.by("sms") != before.by("sms")-3 || some.by("push") != before.by("push")-2 {
		t.Errorf("who cannot be reached still is a recipient: %s", some.raw)
	}
	why := map[string]string{}
	for _, u := range some.Unreachable {
		why[strings.Fields(u.Name)[0]] = u.Why
	}
	if len(why) != 2 || why["Annelore"] != "gone" || why["Bodvaris"] != "not_confirmed" {
		t.Errorf("who cannot be reached: %v", why)
	}
	w.exec("update notify.endpoints set retired_reason = 'one_too_many' where person_id = $1", w.person("Annelore"))
	if p := w.preview(t, hedda); !slices.ContainsFunc(p.Unreachable, func(u struct{ PersonID, Name, Why string }) bool { return u.Why == "nothing_registered" }) {
		t.Errorf("nothing is registered: %s", p.raw)
	}
	if strings.Contains(some.raw, mailOf("Bodvaris")) || strings.Contains(some.raw, "+4670") {
		t.Errorf("an address is told: %s", some.raw)
	}

	w.decide(hedda, "Dagfinnor", "Alfhildis", "active")
	events := one[int](w.town, "select count(*) from notify.events")
	alerts := one[int](w.town, "select count(*) from app.alerts")
	for _, key := range []string{"preview-key-one-more", "preview-key-one-more", "preview-key-and-another"} {
		got := w.raise(hedda, before.Recipients, key).want(t, http.StatusConflict, "recipients_changed")
		var problem struct {
			Recipients struct{ Previewed, Now int }
		}
		must(t, json.Unmarshal(got.body, &problem))
		if problem.Recipients.Previewed != before.Guardians || problem.Recipients.Now != before.Guardians+1 {
			t.Errorf("the difference: %s", got.body)
		}
	}
	w.raise(hedda, strings.Repeat("_", 40), "preview-key-nobodys-mark").want(t, http.StatusConflict, "recipients_changed")
	if n := one[int](w.town, "select count(*) from notify.events"); n != events || one[int](w.town, "select count(*) from app.alerts") != alerts {
		t.Error("something was sent although the recipients had changed")
	}
	now := w.preview(t, hedda)
	w.raise(hedda, now.Recipients, "preview-key-looked-again").want(t, http.StatusAccepted, "")
	got := one[int](w.town, `select count(distinct d.person_id) from notify.deliveries d join notify.events e on e.id = d.event_id
		where e.id = (select id from notify.events order by created_at desc, id desc limit 1)`)
	if got != now.Guardians {
		t.Errorf("%d were previewed, and %d are written to", now.Guardians, got)
	}
	w.decide(hedda, "Dagfinnor", "Alfhildis", "inactive")
	w.raise(hedda, now.Recipients, "preview-key-one-fewer").want(t, http.StatusConflict, "recipients_changed")
}

// B8, B9: who is protected, and the guardian of a protected child, is counted and never named.
func TestPreviewNamesNobodyWhoIsProtected(t *testing.T) {
	t.Parallel()
	w := arrived(t)
	w.settle()
	hedda := w.is[head].token
	all := w.preview(t, hedda)
	if len(all.Unreachable) != all.Guardians {
		t.Fatalf("nobody can be reached yet: %s", all.raw)
	}
	for _, protected := range []string{"Annelore", "Caspianus"} {
		w.exec("update app.persons set protected_identity = 'protected' where given_name = $1", protected)
	}
	got := w.preview(t, hedda)
	if got.Guardians != all.Guardians || got.Recipients != all.Recipients || got.Unnamed < 2 || len(got.Unreachable)+got.Unnamed != all.Guardians {
		t.Errorf("counted: %s", got.raw)
	}
	for _, guardian := range []string{"Annelore", "Ceciliana"} {
		if !strings.Contains(all.raw, guardian) || strings.Contains(got.raw, guardian) || strings.Contains(got.raw, w.person(guardian).String()) {
			t.Errorf("%s is named: %s", guardian, got.raw)
		}
	}
}
