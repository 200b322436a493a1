package walk_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
)

// events are what may come to stand against what was made before it: a protection that is set, one that is set anew after it was lifted, and a restriction.
// Each says whom it hides, from whom, and whether by the name or altogether.
var events = []struct {
	name       string
	level      string   // of protection
	again      bool     // set, lifted and set anew
	kind       string   // of restriction
	hides      string   // whose name is not told any more; "" for a restriction
	altogether bool     // not even by an id
	from       []string // who is not told
}{
	{name: "a child is protected", level: "protected", hides: "Alfhildis", from: []string{"Leonorina", "Emelinda", "Heddavina"}},
	{name: "a child is protected strictly", level: "strict", hides: "Alfhildis", altogether: true, from: []string{"Leonorina", "Emelinda"}},
	{name: "a child is protected once more", level: "protected", again: true, hides: "Alfhildis", from: []string{"Leonorina", "Emelinda", "Heddavina"}},
	{name: "a guardian is protected", level: "protected", hides: "Annelore", from: []string{"Leonorina", "Emelinda", "Heddavina"}},
	{name: "a guardian is protected strictly", level: "strict", hides: "Annelore", from: []string{"Leonorina", "Emelinda", "Heddavina"}},
	{name: "a colleague is protected", level: "protected", hides: "Emelinda", from: []string{"Leonorina", "Heddavina"}},
	{name: "kept from the child", kind: "no_access", altogether: true, from: []string{"Leonorina", "Heddavina"}},
	{name: "kept from where it is", kind: "no_location", altogether: true, from: []string{"Leonorina", "Heddavina"}},
	{name: "kept out of contact", kind: "no_contact", from: []string{"Leonorina", "Heddavina"}},
}

// made is what people held in their hands before: where lists go on, answers that are kept, versions, notices that wait.
type made struct {
	calls map[string][]call // by whose
	marks []string          // of the child, which nobody reads who is kept from it altogether
	child uuid.UUID
	subj  uuid.UUID // of notices about the child
	tab   sharedTablet
}

// everyCursor follows a list in steps of one and returns a call for each place at which it goes on; no cursor holds a name.
func (w *town) everyCursor(t *testing.T, path, token string) []call {
	t.Helper()
	list := []call{{path: with(path, "limit=100"), token: token}}
	for next := with(path, "limit=1"); ; {
		var p struct{ Next string }
		must(t, json.Unmarshal(w.do(call{path: next, token: token}).want(t, http.StatusOK, "").body, &p))
		if p.Next == "" || len(list) > 40 {
			return list
		}
		for _, coding := range []*base64.Encoding{base64.RawURLEncoding, base64.RawStdEncoding, base64.URLEncoding} {
			if plain, err := coding.DecodeString(p.Next); err == nil && strings.Contains(string(plain), "vexel") {
				t.Errorf("the cursor of %s holds a name: %s", path, plain)
			}
		}
		next = with(path, "limit=1&cursor="+p.Next)
		list = append(list, call{path: next, token: token})
	}
}

func (w *town) made(t *testing.T, is map[who]actor) made {
	t.Helper()
	child, place := w.person("Alfhildis"), w.institution(kindergarten).String()
	thread := w.thread(is[right].token, child, textOfGuardian)
	absence, _ := w.absence(is[right].token, child, noteOfFamily)
	w.settleTold()
	m := made{calls: map[string][]call{}, child: child, subj: thread, marks: []string{child.String(), thread.String(), absence.String(), "Alfhildis"}}
	m.tab = w.tablet(w.groupOf("Alfhildis"))
	if got := w.do(call{path: "/v1/staff/tablet/roll-call", token: m.tab.token}); !contains(got, "Alfhildis") {
		t.Fatalf("the tablet does not show the child in the first place: %s", got.body)
	}
	day := one[string](w, "select starts_on::text from app.absences where id = $1", absence)
	review := w.openMonth(t)
	g := w.guardianship("Annelore", "Alfhildis").String()
	for given, actor := range map[string]actor{"Leonorina": is[leader], "Emelinda": is[employee], "Heddavina": is[head]} {
		var list []call
		for _, path := range []string{"/children", "/absences?date=" + day, "/conversations"} {
			list = append(list, w.everyCursor(t, "/v1/staff/institutions/"+place+path, actor.token)...)
		}
		list = append(list, w.everyCursor(t, "/v1/staff/notices", actor.token)...)
		list = append(list, w.everyCursor(t, "/v1/staff/conversations/"+thread.String()+"/messages", actor.token)...)
		reply := call{method: http.MethodPost, path: "/v1/staff/conversations/" + thread.String() + "/messages", token: actor.token, key: uuid.NewString(), body: map[string]any{"text": textOfStaff}}
		w.do(reply).want(t, http.StatusCreated, "")
		m.calls[given] = append(list, reply)
	}
	boss := is[head].token
	var office []call
	for _, path := range []string{"/guardianships", "/restrictions", "/held-changes", "/proposed-activations"} {
		office = append(office, w.everyCursor(t, "/v1/office/institutions/"+place+path, boss)...)
	}
	office = append(office, w.everyCursor(t, "/v1/office/reviews/"+review.String()+"/rows", boss)...)
	read := w.do(call{path: "/v1/office/guardianships/" + g, token: boss}).want(t, http.StatusOK, "")
	suspended := call{method: http.MethodPost, path: "/v1/office/guardianships/" + g + "/suspension", token: boss, key: uuid.NewString(), ifMatch: read.header.Get("ETag"),
		body: map[string]any{"institutionId": place}}
	first := w.do(suspended)
	if first.status == http.StatusOK {
		office = append(office, suspended)
	}
	stale := suspended
	stale.key = "" // the version of before, as a request of its own
	office = append(office, stale, call{path: "/v1/office/guardianships/" + g, token: boss, header: map[string]string{"If-None-Match": read.header.Get("ETag")}})
	kept := w.restrict(boss, "Alfhildis", "Dagfinnor", "no_photo")
	proposal := liftOf(kept.id(t).String(), "lifting-proposal", boss, kept.header.Get("ETag"))
	proposal.key = uuid.NewString()
	w.do(proposal).want(t, http.StatusOK, "")
	office = append(office, proposal)
	m.marks = append(m.marks, kept.id(t).String(), g)
	m.calls["Heddavina"] = append(m.calls["Heddavina"], office...)
	return m
}

// B8, V15, B6, P5: what a protection or a restriction hides is not told by anything that was made before it: where a list goes on, an answer that was kept,
// a version that was read, a notice that waits or was told, a stream, what a tablet asks again, and the log of it all.
func TestWhatIsHiddenSinceIsNotToldByWhatWasMadeBefore(t *testing.T) {
	t.Parallel()
	for _, event := range events {
		t.Run(event.name, func(t *testing.T) {
			t.Parallel()
			w := newTown(t)
			is := w.people()
			for _, caller := range []who{leader, employee, head} {
				device := map[string]any{"provider": "fcm", "token": deviceOf(is[caller].given), "locale": "sv"}
				w.do(call{method: http.MethodPut, path: "/v1/staff/devices", token: is[caller].token, body: device}).want(t, http.StatusNoContent, "")
			}
			m := w.made(t, is)
			shows := m.marks
			if event.hides != "" {
				shows = []string{event.hides}
			}
			for _, given := range event.from { // in the first place they are told
				showing := 0
				for _, c := range m.calls[given] {
					if got := w.do(c); slices.ContainsFunc(shows, func(mark string) bool { return strings.Contains(string(got.body), mark) }) {
						showing++
					}
				}
				if waiting, _ := w.toBeTold(given, m.subj); showing == 0 || waiting == 0 {
					t.Fatalf("%s is shown it %d times in the first place and waits for %d notices", given, showing, waiting)
				}
			}
			if event.level != "" {
				protect := func(level string) {
					w.exec("update app.persons set protected_identity = $2 where id = $1", w.person(event.hides), level)
				}
				hidden := w.person(event.hides)
				protect(event.level)
				if event.again {
					w.exec("update app.persons set protected_identity = 'none' where id = $1", hidden)
					again := w.madeBetween(t, is, m)
					m.calls["Leonorina"] = append(m.calls["Leonorina"], again...)
					w.exec("update app.persons set protected_identity = $2 where id = $1", hidden, event.level)
				}
			} else {
				for _, given := range event.from {
					w.restrict(is[topOwner].token, "Alfhildis", given, event.kind)
				}
			}
			for _, given := range event.from {
				for n, c := range m.calls[given] {
					got := w.do(c)
					if got.status == http.StatusUnauthorized { // the event ended the session, and the same is asked by a new one
						c.token = w.session(given, scope.Staff, 0)
						got = w.do(c)
					}
					what := fmt.Sprintf("%s, call %d: %s %s is answered %d", given, n, c.method, c.path, got.status)
					if got.status >= 500 {
						t.Errorf("%s: %s", what, got.body)
					}
					if event.hides != "" && (strings.Contains(string(got.body), event.hides) || strings.Contains(fmt.Sprint(got.header), event.hides)) {
						t.Errorf("%s and names who is hidden: %s", what, got.body)
					}
					if i := slices.IndexFunc(m.marks, func(mark string) bool { return strings.Contains(string(got.body), mark) }); event.altogether && i >= 0 {
						t.Errorf("%s and tells of %s: %s", what, m.marks[i], got.body)
					}
				}
				waiting, told := w.toBeTold(given, m.subj)
				if (event.altogether || event.kind == "no_contact") && (waiting > 0 || told > 0) {
					t.Errorf("%s is to be told of the message %d times, and by a stream %d times", given, waiting, told)
				}
			}
			if got := w.do(call{path: "/v1/staff/tablet/roll-call", token: m.tab.token}).want(t, http.StatusOK, ""); event.hides == "Alfhildis" && contains(got, "Alfhildis") {
				t.Errorf("the tablet shows %s", got.body)
			}
			must(t, w.api.Postgres.KeepCalendar(scope.ByProgram(w.ctx)))
			for _, given := range []string{"Alfhildis", "Annelore", "Emelinda"} {
				if strings.Contains(w.log.String(), given) {
					t.Errorf("the log names %s", given)
				}
			}
		})
	}
}

// madeBetween is what is made while a protection is lifted, and is held in hands when it stands again.
func (w *town) madeBetween(t *testing.T, is map[who]actor, m made) []call {
	t.Helper()
	w.Clock.Advance(time.Second)
	list := w.everyCursor(t, "/v1/staff/institutions/"+w.institution(kindergarten).String()+"/children", is[leader].token)
	reply := call{method: http.MethodPost, path: "/v1/staff/conversations/" + m.subj.String() + "/messages", token: is[leader].token, key: uuid.NewString(), body: map[string]any{"text": textOfStaff}}
	w.do(reply).want(t, http.StatusCreated, "")
	return append(list, reply)
}

// toBeTold is how often the gateway would still send somebody of the staff a notice of a message, and how often a stream would tell of it. A stream tells
// what is a few seconds old: that there is nothing proves less on a slow machine, and fails nowhere.
func (w *town) toBeTold(given string, thread uuid.UUID) (waiting, told int) {
	waiting = one[int](w, `select count(*) from notify.deliveries d join notify.events e on e.municipality_id = d.municipality_id and e.id = d.event_id
		where d.person_id = $2 and e.kind = 'message_posted' and d.state in ('pending', 'retry') and exists (
			select from app.reachable(array[$1::uuid], array[d.person_id], array[d.grounds], array[d.child_id], array[d.institution_id]))`, w.here, w.person(given))
	told = one[int](w, `select count(*) from app.stream_news(array[$1::uuid], array[(select t.token_hash from auth.access_tokens t
		join auth.sessions s on s.municipality_id = t.municipality_id and s.id = t.session_id
		where s.person_id = $2 and s.ended_at is null and s.kind = 'staff' limit 1)], array['staff'], now()) n where n.subject_id = $3`, w.here, w.person(given), thread)
	return waiting, told
}
