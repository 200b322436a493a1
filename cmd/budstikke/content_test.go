package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"budstikke.example/notify/sandbox"
)

// TestNoOutgoingPayloadCarriesContent plays every kind of event on the whole system, with a canary in everything that somebody wrote or is
// called, and then looks for it in all that has left the house and in all that was logged (B1): what stands on a lock screen, in a
// provider's archive or in a log file tells nobody anything about a child.
func TestNoOutgoingPayloadCarriesContent(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	v.live(t)
	eventually(t, "everything has been sent", func() bool {
		return v.count(t, `select count(*) from notify.deliveries where state in ('pending', 'retry')`) == 0
	})
	v.everyKindLeft(t)
	secrets := v.secrets(t)
	sent := v.Sandbox.Deliveries(nil)
	if err := v.Close(soon(t)); err != nil {
		t.Errorf("stopping: %v", err)
	}

	for _, d := range sent {
		parts := map[string]string{
			"subject or title": d.Title, "text": d.Body, "HTML": d.HTML, "payload": string(d.Raw), "id": d.ID + " " + d.Key, "sender": d.From,
		}
		for _, h := range d.Headers {
			parts["header "+h.Name] = h.Value
		}
		for part, text := range parts {
			for _, found := range secrets.in(text) {
				t.Errorf("the %s of a notice by %s carries %q:\n%s", part, d.Provider, found, text)
			}
		}
	}
	for line := range strings.Lines(v.log.String()) {
		for _, found := range secrets.with(v.addresses).in(line) {
			t.Errorf("a log line carries %q:\n%s", found, line)
		}
	}
	for _, proof := range []string{`"operation":"RaiseAlert"`, `"kind":"alert_raised"`, `"status":400`, `"outcome":"`} {
		if !strings.Contains(v.log.String(), proof) {
			t.Errorf("the log lacks %s, so it was not the log of both API and worker", proof)
		}
	}
}

// canary is in every name and every text of the village. No template, token or id holds it by chance.
const canary = "qanarie"

// secrets are words that nothing may carry.
type secrets []string

func (s secrets) with(more []string) secrets { return slices.Concat(s, more) }

// in lists the secrets that a text holds; the canary in any spelling, the others as they are written.
func (s secrets) in(text string) []string {
	var found []string
	if strings.Contains(strings.ToLower(text), canary) {
		found = append(found, canary)
	}
	for _, word := range s {
		if strings.Contains(text, word) {
			found = append(found, word)
		}
	}
	return found
}

// secrets lists every name in the database and every identity number of the register files in the forms in which they are written. Short
// names stand in it as parts of full names only: "Kim" is also in words that mean nobody.
func (v *village) secrets(t *testing.T) secrets {
	t.Helper()
	rows, err := v.Admin.Query(soon(t), `
		select given_name || ' ' || family_name from app.persons
		union select n from app.persons, unnest(array[given_name, family_name]) n where length(n) > 4
		union select name from app.institutions union select name from app.groups where length(name) > 4 union select name from app.municipalities
		union select contact_email from app.persons where contact_email is not null`)
	if err != nil {
		t.Fatal(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	if len(list) < 100 {
		t.Fatalf("the database holds %d names only", len(list))
	}
	for _, n := range v.numbers {
		list = append(list, n, n[:8]+"-"+n[8:], n[2:], n[2:8]+"-"+n[8:])
	}
	return list
}

// everyKindLeft makes sure that there was something to look at: each kind of event by each of its channels, and every provider.
func (v *village) everyKindLeft(t *testing.T) {
	t.Helper()
	routine := []string{"in_app", "push", "email"}
	for kind, channels := range map[string][]string{
		"email_registered": {"email"}, "guardian_activated": routine, "message_posted": routine, "absence_reported": routine,
		"alert_raised": append(routine, "sms"),
	} {
		for _, channel := range channels {
			if v.count(t, fmt.Sprintf(`select count(*) from notify.deliveries d
				join notify.events e on e.municipality_id = d.municipality_id and e.id = d.event_id
				where e.kind = '%s' and d.channel = '%s' and d.state = 'sent'`, kind, channel)) == 0 {
				t.Errorf("no %s was sent by %s", kind, channel)
			}
		}
	}
	for _, p := range []sandbox.Provider{sandbox.APNs, sandbox.FCM, sandbox.WebPush, sandbox.Twilio, sandbox.SMTP} {
		if len(v.Sandbox.Deliveries(sandbox.Via(p))) == 0 {
			t.Errorf("nothing went by %s", p)
		}
	}
	for _, d := range v.Sandbox.Deliveries(sandbox.Via(sandbox.WebPush)) {
		if d.Body == "" {
			t.Error("a web push was not decrypted, so nobody looked into it")
		}
	}
	// The canaries are really there, for those who may read them; the note's is sealed in its table (P15).
	if told := fmt.Sprint(v.applicant.do(t, http.MethodGet, "/v1/guardian/children/"+v.child+"/absences", nil).items()); !strings.Contains(strings.ToLower(told), canary) {
		t.Errorf("there is no canary in the guardian's absences: %s", told)
	}
	for _, where := range []string{"messages where text", "alerts where text", "persons where family_name", "institutions where name"} {
		if v.count(t, `select count(*) from app.`+where+` ilike '%`+canary+`%'`) == 0 {
			t.Errorf("there is no canary in app.%s", where)
		}
	}
	a := v.applicant.call(t, http.MethodGet, "/v1/guardian/children", "", nil)
	if items := a.items(); len(items) != 1 || !strings.Contains(fmt.Sprint(items[0]["name"]), "Qanarie") {
		t.Errorf("the guardian sees %v", a.body)
	}
}
