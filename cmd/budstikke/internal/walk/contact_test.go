package walk_test

import (
	"net/http"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
)

// B8, P1: a restriction on contact closes a conversation three times, in the policy, in the flow and in row-level security, and each of them alone gives
// the same answers: to a guardian who has written before and to one who has not, to staff who are kept apart and to those of whom the guardian is, whatever
// they write. Who may not see the thread is told nothing of it. This test runs with and without the policy, and takes row-level security away.
func TestNoContactIsAnsweredAlikeByEachWall(t *testing.T) {
	t.Parallel()
	const sensitive = "Hon har epilepsi och tar medicin för depression."
	for _, walls := range []bool{true, false} {
		w := newTown(t)
		is := w.people()
		child := w.person("Alfhildis")
		thread := w.thread(is[right].token, child, textOfGuardian)
		start := func(token, text string) call {
			return call{method: http.MethodPost, path: "/v1/guardian/conversations", token: token, body: map[string]any{"childId": child, "text": text, "locale": "sv"}}
		}
		post := func(side, token, text string) call {
			return call{method: http.MethodPost, path: "/v1/" + side + "/conversations/" + thread.String() + "/messages", token: token,
				body: map[string]any{"text": text, "locale": "sv"}}
		}
		once := post("guardian", is[right].token, "Skrivet innan.")
		once.key = uuid.NewString()
		first := w.do(once).want(t, http.StatusCreated, "")
		fromStaff := post("staff", is[employee].token, "Skrivet innan.")
		fromStaff.key = uuid.NewString()
		answered := w.do(fromStaff).want(t, http.StatusCreated, "")
		for _, given := range []string{"Annelore", "Bodvaris", "Leonorina", "Stenulvar"} { // Bodvaris has no thread, Stenulvar no access to the child
			w.restrict(is[head].token, "Alfhildis", given, "no_contact")
		}
		if !walls {
			w.tearDownWalls()
		}
		never, stranger := w.session("Bodvaris", scope.Guardian, 0), w.session("Stenulvar", scope.Guardian, 0)
		before := w.fingerprint()
		for _, text := range []string{textOfGuardian, sensitive, " \n "} {
			for name, c := range map[string]struct {
				call
				code string
			}{
				"writes once more":              {start(is[right].token, text), "conversation_closed"},
				"writes for the first time":     {start(never, text), "conversation_closed"},
				"answers":                       {post("guardian", is[right].token, text), "conversation_closed"},
				"staff who are kept apart":      {post("staff", is[leader].token, text), "guardian_inactive"},
				"staff of whom the guardian is": {post("staff", is[employee].token, text), "guardian_inactive"},
			} {
				if got := w.do(c.call); got.status != http.StatusConflict || got.code != c.code {
					t.Errorf("with row-level security: %t: %s %q: %d %s, want %s", walls, name, text, got.status, got.code, c.code)
				}
			}
		}
		for who, c := range map[string]call{
			"no guardian of the child": start(stranger, textOfGuardian), "the other guardian": post("guardian", never, textOfGuardian),
			"of another institution": post("staff", is[teacher].token, textOfStaff), "who reads no messages": post("staff", is[owner].token, textOfStaff),
		} {
			if !walls && inTheDark() {
				continue // nothing is left that would refuse them
			}
			if got := w.do(c); got.status != http.StatusNotFound {
				t.Errorf("with row-level security: %t: %s: %d %s", walls, who, got.status, got.code)
			}
		}
		if got := w.do(once); got.status != http.StatusCreated || string(got.body) != string(first.body) { // B6
			t.Errorf("what was written before and is sent again: %d %s", got.status, got.body)
		}
		if got := w.do(fromStaff); got.status != http.StatusCreated || string(got.body) != string(answered.body) {
			t.Errorf("what was answered before and is sent again: %d %s", got.status, got.body)
		}
		w.unchanged(t, before, "by messages between people who are kept out of contact")
	}
}

// B9: who asks who would see a conversation is told who may not write in it, and why.
func TestExplainTellsWhoMayNotWrite(t *testing.T) {
	t.Parallel()
	if inTheDark() {
		t.Skip("nothing is decided here, so there is nothing to explain")
	}
	w := newTown(t)
	is := w.people()
	child := w.person("Alfhildis")
	thread := w.thread(is[right].token, child, textOfGuardian)
	w.restrict(is[owner].token, "Alfhildis", "Leonorina", "no_contact")
	said := func() map[string]explained {
		people, got := w.explain(t, is[head].token, child, "?conversationId="+thread.String())
		got.want(t, http.StatusOK, "")
		all := map[string]explained{}
		for _, p := range people {
			all[p.Caller+" "+one[string](w, "select given_name from app.persons where id = $1", p.PersonID)] = p
		}
		return all
	}
	for who, want := range map[string]string{"guardian Annelore": "author", "staff Leonorina": "no_contact", "staff Emelinda": "role_here"} {
		if p := said()[who]; !p.Sees || p.WritesReason != want || p.Writes != (want != "no_contact") {
			t.Errorf("before, %s: %+v, want %s", who, p, want)
		}
	}
	w.restrict(is[owner].token, "Alfhildis", "Annelore", "no_contact")
	for _, who := range []string{"guardian Annelore", "staff Leonorina", "staff Emelinda"} {
		if p := said()[who]; !p.Sees || p.Writes || p.WritesReason != "no_contact" {
			t.Errorf("%s: %+v", who, p)
		}
	}
}
