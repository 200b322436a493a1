package walk_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"budstikke.example/migrations/scope"
)

// childrenWithoutHead is what the queue of an owner says of the kindergarten; -1 when it does not stand there.
func (w *town) childrenWithoutHead(token string) int {
	w.tb.Helper()
	var list struct {
		Items []struct {
			Name                string
			ChildrenWithoutHead int
		}
	}
	must(w.tb, json.Unmarshal(w.do(call{path: "/v1/office/institutions-without-head", token: token}).want(w.tb, http.StatusOK, "").body, &list))
	for _, i := range list.Items {
		if i.Name == kindergarten {
			return i.ChildrenWithoutHead
		}
	}
	return -1
}

// V11, B8: a head who is kept from a child is not kept from it unnoticed: the other owners are told, in words that say nothing, and the queue of owners counts
// the children that no head meets, until another head does or the restriction is over. Whoever says so is not told, nor whom it is about, nor staff who decide
// nothing; of an owner who is kept the heads are told as well.
func TestARestrictedHeadIsNoticed(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := newTown(t)
			is := w.people()
			mine, top := is[owner].token, is[topOwner].token
			hides := kind == "no_access" || kind == "no_location"
			told := func(what string, want map[string]int) {
				t.Helper()
				for _, given := range []string{"Heddavina", "Kommunalia", "Oddvarina", "Leonorina", "Rektorina", "Annelore"} {
					if n := w.told("head_restricted", given); n != want[given] {
						t.Errorf("%s: %s is told %d times, want %d", what, given, n, want[given])
					}
				}
			}
			w.restrict(mine, "Alfhildis", "Leonorina", kind)
			told("a leader is kept", nil)
			if n := w.childrenWithoutHead(mine); n != -1 {
				t.Errorf("before, the queue says %d", n)
			}

			set := w.restrict(mine, "Alfhildis", "Heddavina", kind)
			if !hides {
				told("the head meets the child as before", nil)
				if n := w.childrenWithoutHead(mine); n != -1 {
					t.Errorf("the head meets the child, and the queue says %d", n)
				}
				return
			}
			told("the head is kept", map[string]int{"Kommunalia": 1})
			for name, token := range map[string]string{"who did it": mine, "the other": top} {
				if n := w.childrenWithoutHead(token); n != 1 {
					t.Errorf("%s: the queue says %d, want 1", name, n)
				}
			}
			notices := w.do(call{path: "/v1/staff/notices", token: top}).want(t, http.StatusOK, "")
			if !contains(notices, w.institution(kindergarten).String()) || contains(notices, w.person("Alfhildis").String()) || contains(notices, set.id(t).String()) {
				t.Errorf("the notice names more than the place: %s", notices.body)
			}

			// Another head meets the child.
			w.exec(`insert into app.staff_roles (municipality_id, id, person_id, institution_id, role, created_at) values ($1, gen_random_uuid(), $2, $3, 'head', now())`,
				w.here, w.person("Emelinda"), w.institution(kindergarten))
			if n := w.childrenWithoutHead(mine); n != -1 {
				t.Errorf("with another head the queue says %d", n)
			}
			// And then it does not, and who is kept from the child is not told of it.
			w.restrict(top, "Alfhildis", "Emelinda", kind)
			told("the other head is kept", map[string]int{"Kommunalia": 1, "Oddvarina": 1})
			w.restrict(top, "Alfhildis", "Oddvarina", kind)
			told("the owner is kept, and both heads are already", map[string]int{"Kommunalia": 1, "Oddvarina": 1})
			mine = w.session("Oddvarina", scope.Staff, 0)
			if got := w.do(call{path: "/v1/staff/notices", token: mine}).want(t, http.StatusOK, ""); contains(got, "head_restricted") {
				t.Errorf("who is kept from the child now reads what they were told before: %s", got.body)
			}
			if n := w.childrenWithoutHead(mine); n != -1 {
				t.Errorf("an owner who is kept from the child reads %d", n)
			}
			if n := w.childrenWithoutHead(top); n != 1 {
				t.Errorf("the other owner reads %d", n)
			}
			w.exec("update app.restrictions set until = now() where person_id = $1", w.person("Heddavina"))
			if n := w.childrenWithoutHead(top); n != -1 {
				t.Errorf("with the restriction over the queue says %d", n)
			}
			// Of an owner who is kept, a head is told who meets the child.
			w.exec("update app.restrictions set until = now() where person_id = $1", w.person("Oddvarina"))
			before := w.told("head_restricted", "Heddavina")
			w.restrict(top, "Alfhildis", "Oddvarina", kind)
			if n := w.told("head_restricted", "Heddavina"); n != before+1 {
				t.Errorf("the head is told of an owner %d times, before %d", n, before)
			}
		})
	}
}

// B8: the family of the child is not told, whatever it answers for, nor is whoever shares a child with whom it is about.
func TestFamilyIsNotToldOfARestrictedHead(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	w.isGuardianOf("Kommunalia", "Alfhildis")
	w.restrict(is[owner].token, "Alfhildis", "Heddavina", "no_access")
	if n := w.told("head_restricted", "Kommunalia"); n != 0 {
		t.Errorf("a guardian of the child is told %d times", n)
	}
}
