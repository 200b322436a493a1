package walk_test

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/app/postgres"
	"budstikke.example/app/web/webtest"
)

// naming is a property of an answer that names a person, or says what one signs in with.
var naming = regexp.MustCompile(`"(name|childName|guardianName|personName|staffName|sponsorName|deciderName|username)":"`)

// A kept answer names nobody who has been protected since: whoever repeats a write is told that it was carried out, and not by whom or about whom (B6,
// B8, P5). Every operation whose answer names people says so.
func TestKeptAnswersNameNobodyWhoIsProtectedSince(t *testing.T) {
	t.Parallel()
	w := arrived(t)
	w.settle()
	w.otherLives()
	var sent []call
	var by []string
	var callers []who
	for _, o := range webtest.Contract(t).Operations {
		r := table[o.ID]
		if o.Method == http.MethodGet || len(r.allowed) == 0 || r.signed || r.open || r.again != replay || slices.Contains(leftOut, o.ID) {
			continue
		}
		caller := r.allowed[0]
		x := w.real
		if r.arrange != nil {
			x = r.arrange(w, caller)
		}
		c := w.build(o, r, x, caller)
		c.token, c.key = w.is[caller].token, uuid.NewString()
		got := w.doIn(t, c)
		if got.status >= 300 {
			continue // an earlier one has taken its ground away; the walk has them all
		}
		if names := naming.Match(got.body); names && !strings.HasPrefix(o.Path, "/v1/signin") && !slices.Contains(postgres.Naming, o.ID) {
			t.Errorf("%s names people, and postgres.Naming does not say so: %s", o.ID, got.body)
		}
		sent, by, callers = append(sent, c), append(by, o.ID), append(callers, caller)
	}
	truth, people := map[string]bool{}, []uuid.UUID{}
	rows, err := w.Admin.Query(w.ctx, `select given_name, id from app.persons
		where municipality_id = $1 and length(given_name) > 3 and protected_identity in ('none', 'marked')`, w.here)
	must(t, err)
	for rows.Next() {
		var given string
		var id uuid.UUID
		must(t, rows.Scan(&given, &id))
		truth[given], people = true, append(people, id) // of several who are called the same each one is protected
	}
	must(t, rows.Err())
	w.exec("update app.persons set protected_identity = 'protected' where id = any ($1)", people)
	forgotten := map[string]bool{}
	for n, c := range sent {
		got := w.doIn(t, c)
		if got.code == "answer_forgotten" {
			forgotten[by[n]] = true
		}
		for given := range truth {
			if strings.Contains(string(got.body), given) && w.is[callers[n]].given != given { // their own name they know
				t.Errorf("%s repeated names %s, who is protected since: %s", by[n], given, got.body)
			}
		}
	}
	if len(forgotten) < 10 {
		t.Errorf("only of %v was the answer forgotten: %d were asked", slices.Sorted(maps.Keys(forgotten)), len(sent))
	}
}

// The signed report of a review stays one piece as it was signed: it is not there for whoever is not cleared for somebody who is named in it and has been
// protected since; with the alias in it, it is (V10, B8, P5).
func TestReportOfBeforeAProtectionNeedsAClearance(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	read := func(review uuid.UUID, caller who) reply {
		return w.do(call{path: "/v1/office/reviews/" + review.String() + "/report", token: is[caller].token})
	}
	completed := func() uuid.UUID {
		review := w.openMonth(t)
		w.exec(`update app.review_rows set decision = 'keep', decided_by = case when person_id = $2 then $3::uuid else $2 end, decided_at = now(), outcome = 'done'
			where review_id = $1`, review, w.person("Heddavina"), w.person("Oddvarina"))
		w.complete(review, is[head].token)
		return review
	}
	review, children := completed(), []uuid.UUID{w.person("Caspianus"), w.person("Leonorina")}
	if got := read(review, head).want(t, http.StatusOK, ""); !contains(got, "Caspianus") || !contains(got, "Leonorina") {
		t.Fatalf("the report names nobody: %s", got.body)
	}
	w.exec("update app.persons set protected_identity = 'protected' where id = any ($1)", children)
	nowhere := w.do(call{path: "/v1/nowhere", token: is[head].token}).wire()
	for _, caller := range []who{head, owner} {
		if got := read(review, caller); got.wire() != nowhere {
			t.Errorf("%s reads the report of before: %s", caller, got.wire())
		}
	}
	w.clear("Heddavina", children[0])
	read(review, head).want(t, http.StatusNotFound, "not_found")
	w.clear("Heddavina", children[1])
	read(review, head).want(t, http.StatusOK, "")
	read(review, owner).want(t, http.StatusNotFound, "not_found")

	w.exec("delete from app.review_rows where review_id = $1", review)
	w.exec("delete from app.reviews where id = $1", review)
	later := completed()
	if got := read(later, owner).want(t, http.StatusOK, ""); contains(got, "Caspianus") || contains(got, "Leonorina") {
		t.Errorf("the report of after names them: %s", got.body)
	}
}

// What a guardian signs in with can say who they are: it is not listed where their name is kept (H7, B8).
func TestUsernameIsKeptWithTheName(t *testing.T) {
	t.Parallel()
	w := arrived(t)
	w.settle()
	w.seen(head)
	list := func() string {
		path := "/v1/office/institutions/" + w.real.Institution.String() + "/assisted-cases"
		return string(w.do(call{path: path, token: w.is[head].token}).want(t, http.StatusOK, "").body)
	}
	if got := list(); !strings.Contains(got, `"username":"`) {
		t.Fatalf("no user name is listed in the first place: %s", got)
	}
	guardian := one[uuid.UUID](w.town, "select person_id from app.assisted_cases limit 1")
	w.exec("update app.persons set protected_identity = 'protected' where id = $1", guardian)
	if got := list(); strings.Contains(got, `"username"`) {
		t.Errorf("the head reads %s", got)
	}
	w.clear("Heddavina", guardian)
	if got := list(); !strings.Contains(got, `"username":"`) {
		t.Errorf("the head, who is cleared, reads %s", got)
	}
}
