package walk_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/auth"
	"budstikke.example/migrations/scope"
)

// who is somebody who calls.
type who string

const (
	nobody    who = "nobody"
	garbled   who = "somebody with a malformed token"
	forged    who = "somebody with a token that nobody was given"
	ended     who = "the right guardian with an ended session"
	expired   who = "the right guardian with an expired session"
	applicant who = "an applicant"
	right     who = "the right guardian"
	other     who = "the other guardian of the same child"
	wrong     who = "a guardian of another child at the same institution"
	inactive  who = "a guardian of the child whom nobody has activated"
	elsewhere who = "a guardian of the child made inactive, with another child at the same institution"
	cutOff    who = "a guardian made inactive a moment ago"
	hilde     who = "a guardian at another institution"
	foreign   who = "a guardian of another municipality"
	employee  who = "an employee of the institution"
	leader    who = "a leader of the institution"
	head      who = "the head of the institution"
	owner     who = "the owner of the institution"
	retired   who = "an employee who has left"
	rektor    who = "the head of another institution"
	teacher   who = "a leader of another institution"
	topOwner  who = "the owner of everything in the municipality"
	utrikine  who = "the head of an institution in another municipality"
	liaison   who = "an external partner for the child"
)

var (
	guardians = []who{right, other, wrong, inactive, elsewhere, hilde, foreign}
	family    = []who{right, other}                            // who have access to the child
	atHome    = []who{right, other, wrong, elsewhere}          // guardians of the institution
	staffHere = []who{employee, leader, head, owner, topOwner} // of the institution
	heads     = []who{head, owner, topOwner}                   // who answer for it
	everyRole = append([]who{rektor, teacher, utrikine, liaison}, staffHere...)
	strangers = []who{nobody, garbled, forged, ended, expired, cutOff, retired} // whose token proves nothing
	everybody = append(append(append([]who{applicant}, guardians...), everyRole...), strangers...)
)

// actor is a person with the session they call with.
type actor struct {
	given string // "" for those whom no name belongs to
	kind  scope.Caller
	token string
}

// people gives everybody a session, and the guardians the access that they should have.
func (w *town) people() map[who]actor {
	w.tb.Helper()
	is := map[who]actor{
		nobody: {}, garbled: {token: "bst_not-one-of-ours"},
		right: {given: "Annelore", kind: scope.Guardian}, other: {given: "Bodvaris", kind: scope.Guardian},
		wrong: {given: "Ceciliana", kind: scope.Guardian}, inactive: {given: "Dagfinnor", kind: scope.Guardian},
		cutOff: {given: "Evelindis", kind: scope.Guardian}, elsewhere: {given: "Fridabella", kind: scope.Guardian},
		hilde: {given: "Hildegunnar", kind: scope.Guardian}, foreign: {given: "Monsinora", kind: scope.Guardian},
		applicant: {given: "Gretchenia", kind: scope.Applicant},
		employee:  {given: "Emelinda", kind: scope.Staff}, leader: {given: "Leonorina", kind: scope.Staff},
		head: {given: "Heddavina", kind: scope.Staff}, owner: {given: "Oddvarina", kind: scope.Staff},
		retired: {given: "Xeniador", kind: scope.Staff}, rektor: {given: "Rektorina", kind: scope.Staff},
		teacher: {given: "Torunnara", kind: scope.Staff}, topOwner: {given: "Kommunalia", kind: scope.Staff},
		utrikine: {given: "Utrikine", kind: scope.Staff}, liaison: {given: "Liaisonetta", kind: scope.Staff},
	}
	w.partnership("Liaisonetta", w.person("Alfhildis"))
	for caller, a := range is {
		if a.given != "" {
			a.token = w.session(a.given, a.kind, 0)
			is[caller] = a
		}
	}
	never, _ := auth.NewToken(w.here)
	is[forged] = actor{token: never.Reveal()}
	is[expired] = actor{token: w.session("Annelore", scope.Guardian, time.Nanosecond)}
	is[ended] = actor{token: w.session("Annelore", scope.Guardian, 0)}
	w.do(call{method: http.MethodDelete, path: "/v1/signin/session", token: is[ended].token}).want(w.tb, http.StatusNoContent, "")
	w.exec("update app.staff_roles set ended_at = now() - interval '1 minute' where person_id = $1", w.person("Xeniador"))

	boss := is[head].token
	for _, g := range [][2]string{
		{"Annelore", "Alfhildis"}, {"Bodvaris", "Alfhildis"}, {"Evelindis", "Alfhildis"}, {"Fridabella", "Alfhildis"},
		{"Fridabella", "Fjalarine"}, {"Ceciliana", "Caspianus"},
	} {
		w.decide(boss, g[0], g[1], "active")
	}
	w.decide(is[rektor].token, "Hildegunnar", "Hjalmarine", "active")
	w.decide(is[utrikine].token, "Monsinora", "Mosebackus", "active")
	return is
}

// cut takes from two guardians what they had a moment ago: from one everything, from the other this child (V15).
func (w *town) cut(is map[who]actor) {
	w.tb.Helper()
	w.decide(is[head].token, "Evelindis", "Alfhildis", "inactive")
	w.decide(is[head].token, "Fridabella", "Alfhildis", "inactive")
}

// day is a day from today on, at the institution.
func (w *town) day(ahead int) string {
	zone, err := time.LoadLocation("Europe/Stockholm")
	must(w.tb, err)
	return w.Clock.Now().In(zone).AddDate(0, 0, ahead).Format(time.DateOnly)
}

// free is the first day from today on of which nobody has reported that the child is away.
func (w *town) free(child uuid.UUID) string {
	w.tb.Helper()
	for ahead := 0; ; ahead++ {
		if day := w.day(ahead); !one[bool](w, "select exists (select from app.absences where child_id = $1 and $2::date between starts_on and ends_on)", child, day) {
			return day
		}
	}
}

// absence is an absence that somebody has reported, of the child's first free day.
func (w *town) absence(token string, child uuid.UUID, note string) (uuid.UUID, string) {
	w.tb.Helper()
	day := w.free(child)
	c := call{method: http.MethodPost, path: "/v1/guardian/children/" + child.String() + "/absences", token: token,
		body: map[string]any{"startsOn": day, "endsOn": day, "reason": "illness", "note": note, "locale": "sv"}}
	r := w.do(c).want(w.tb, http.StatusCreated, "")
	return r.id(w.tb), r.header.Get("ETag")
}

// thread is a conversation that somebody has begun.
func (w *town) thread(token string, child uuid.UUID, text string) uuid.UUID {
	w.tb.Helper()
	r := w.do(call{method: http.MethodPost, path: "/v1/guardian/conversations", token: token,
		body: map[string]any{"childId": child, "text": text, "locale": "sv"}}).want(w.tb, http.StatusCreated, "")
	return uuid.MustParse(r.text(w.tb, "conversationId"))
}

// alert is a critical alert that a head has raised.
func (w *town) alert(token string, institution uuid.UUID, text string) uuid.UUID {
	w.tb.Helper()
	return w.do(call{method: http.MethodPost, path: "/v1/office/institutions/" + institution.String() + "/alerts", token: token,
		body: map[string]any{"situation": "evacuation", "text": text}}).want(w.tb, http.StatusAccepted, "").id(w.tb)
}

func TestTownIsAsItShouldBe(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	if n := one[int](w, "select count(*) from app.guardianships where status <> 'inactive'"); n != 0 {
		t.Errorf("%d guardianships came in active (V1)", n)
	}
	is := w.people()
	w.cut(is)
	for _, caller := range everybody {
		if _, ok := is[caller]; !ok {
			t.Errorf("%s is not there", caller)
		}
	}
	for caller, a := range is {
		if a.token == "" && caller != nobody {
			t.Errorf("%s has no token", caller)
		}
	}
}
