package walk_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/auth/access"
	"budstikke.example/migrations/scope"
)

// enterProfessional is what an owner does at an institution.
func (w *town) enterProfessional(place, token string, body map[string]any) reply {
	return w.do(call{method: http.MethodPost, path: "/v1/office/institutions/" + w.institution(place).String() + "/professionals", token: token, body: body})
}

// professionals are those of the kindergarten, as somebody's desk has them.
func (w *town) professionals(token string) (items []struct{ ID, PersonID, Name, State, Etag string }) {
	w.tb.Helper()
	var list struct {
		Items []struct{ ID, PersonID, Name, State, Etag string }
	}
	must(w.tb, json.Unmarshal(w.do(call{path: "/v1/office/institutions/" + w.institution(kindergarten).String() + "/professionals", token: token}).
		want(w.tb, http.StatusOK, "").body, &list))
	return list.Items
}

// U7, B12: an owner enters a professional by hand; they come in by password and second factor, see the named children and nothing else, until the end.
func TestAProfessionalIsEnteredByHand(t *testing.T) {
	t.Parallel()
	w := newTown(t, lasting)
	boss, chief, child := w.session("Heddavina", scope.Staff, 0), w.session("Oddvarina", scope.Staff, 0), w.person("Alfhildis")
	body := w.entry(child, 30*24*time.Hour)
	w.enterProfessional(kindergarten, boss, body).want(t, http.StatusNotFound, "not_found") // a head is no owner
	made := w.enterProfessional(kindergarten, chief, body).want(t, http.StatusCreated, "")
	first := w.do(w.activation(w.here, made.letterCode(t))).want(t, http.StatusCreated, "")
	if first.text(t, "kind") != "second_factor" {
		t.Fatalf("a professional comes in without a second factor: %s", first.body)
	}
	token := w.session("Fackvera", scope.Staff, 0)
	list := w.do(call{path: "/v1/staff/partner-children", token: token}).want(t, http.StatusOK, "")
	if !strings.Contains(string(list.body), child.String()) || strings.Contains(string(list.body), w.person("Caspianus").String()) {
		t.Errorf("a professional is shown %s", list.body)
	}
	place := "/v1/staff/institutions/" + w.institution(kindergarten).String()
	for _, path := range []string{place + "/children", place + "/conversations", "/v1/office/institutions/" + w.institution(kindergarten).String() + "/professionals",
		"/v1/office/children/" + child.String() + "/access"} {
		w.do(call{path: path, token: token}).want(t, http.StatusNotFound, "not_found")
	}
	if !inTheDark() {
		people, _ := w.explain(t, boss, child, "")
		if at := slices.IndexFunc(people, func(e explained) bool { return e.Name == "Fackvera Testsson" }); at < 0 || !people[at].Sees || people[at].Reason != string(access.RoleHere) {
			t.Errorf("the explanation does not say that the professional sees the child: %+v", people)
		}
	}
	w.exec("update app.staff_roles set ended_at = now() where id = $1", uuid.MustParse(made.text(t, "partnershipId")))
	w.do(call{path: "/v1/staff/partner-children", token: token}).want(t, http.StatusUnauthorized, "sign_in_required")
	if got := w.professionals(boss); len(got) != 1 || got[0].State != "ended" {
		t.Errorf("the head has the professional as %+v", got)
	}
}

// U7: owners change what a professional knows of, heads do not; either ends it; and what is a partner's is not there under this name.
func TestWhoDecidesAboutAProfessional(t *testing.T) {
	t.Parallel()
	p := newPartnered(t)
	chief := p.session("Oddvarina", scope.Staff, 0)
	made := p.enterProfessional(kindergarten, chief, p.entry(p.child, 30*24*time.Hour)).want(t, http.StatusCreated, "").text(t, "partnershipId")
	token := p.session("Fackvera", scope.Staff, 0)
	change := func(place, id, who string) reply {
		return p.do(call{method: http.MethodPut, path: p.here + place + id, token: who, ifMatch: `"1"`,
			body: map[string]any{"childIds": []uuid.UUID{p.other}, "until": p.Clock.Now().Add(24 * time.Hour)}})
	}
	change("/professionals/", made, p.boss).want(t, http.StatusNotFound, "not_found")
	change("/external-partners/", made, p.boss).want(t, http.StatusNotFound, "not_found")
	change("/external-partners/", made, chief).want(t, http.StatusNotFound, "not_found")
	change("/professionals/", p.partnership.String(), chief).want(t, http.StatusNotFound, "not_found")
	p.do(call{method: http.MethodDelete, path: p.here + "/external-partners/" + made, token: p.boss}).want(t, http.StatusNotFound, "not_found")
	change("/professionals/", made, chief).want(t, http.StatusOK, "")
	if got := string(p.do(call{path: "/v1/staff/partner-children", token: token}).want(t, http.StatusOK, "").body); !strings.Contains(got, p.other.String()) || strings.Contains(got, p.child.String()) {
		t.Errorf("after the change they are shown %s", got)
	}
	p.shows("the partner", p.child)
	end := call{method: http.MethodDelete, path: p.here + "/professionals/" + made, token: p.boss}
	p.do(end).want(t, http.StatusNoContent, "")
	p.do(end).want(t, http.StatusNoContent, "") // again
	p.do(call{path: "/v1/staff/partner-children", token: token}).want(t, http.StatusUnauthorized, "sign_in_required")
	p.shows("the partner", p.child)
	for code, ahead := range map[string]time.Duration{"end_in_the_past": -time.Minute, "end_too_far_ahead": 400 * 24 * time.Hour} {
		p.enterProfessional(kindergarten, chief, p.entry(p.child, ahead)).want(t, http.StatusUnprocessableEntity, code)
	}
	p.enterProfessional(kindergarten, chief, p.entry(p.person("Hjalmarine"), time.Hour)).want(t, http.StatusNotFound, "not_found")
}

// U7, H2: somebody whom the municipality's staff directory knows as a professional is given children by their user name there, comes in by its sign-in, and
// stays one person.
func TestAProfessionalOfTheDirectory(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	chief, person := w.session("Oddvarina", scope.Staff, 0), newID()
	w.exec(`insert into app.persons (municipality_id, id, given_name, family_name, username, created_at) values ($1, $2, 'Fackvera', 'Testsson', 'fackvera@budvik.example', now())`, w.here, person)
	w.exec(`insert into app.staff_roles (municipality_id, id, person_id, role, created_at) values ($1, $2, $3, 'municipal_professional', now())`, w.here, newID(), person)
	w.exec(`insert into app.register_records (municipality_id, source, noun, source_id, row_id, imported_at) values ($1, 'ad', 'person', 'x', $2, now())`, w.here, person)
	matched := func() int {
		tx, err := w.Admin.Begin(w.ctx)
		must(t, err)
		_, err = tx.Exec(w.ctx, "select set_config('budstikke.municipality', $1::text, true), set_config('budstikke.caller', 'signin', true)", w.here.String())
		must(t, err)
		n := 0
		must(t, tx.QueryRow(w.ctx, "select count(*) from app.match_staff('fackvera@budvik.example', null, null) m where m = $1", person).Scan(&n))
		must(t, tx.Rollback(w.ctx))
		return n
	}
	body := w.entry(w.person("Alfhildis"), 30*24*time.Hour)
	body["username"] = " Fackvera@Budvik.example "
	made := w.enterProfessional(kindergarten, chief, body).want(t, http.StatusCreated, "")
	if strings.Contains(string(made.body), "letter") {
		t.Errorf("somebody whom the directory lets in gets a letter: %s", made.body)
	}
	if got := w.professionals(chief); len(got) != 1 || got[0].PersonID != person.String() {
		t.Errorf("the professional is %+v, want the one of the directory", got)
	}
	if n := matched(); n != 1 {
		t.Errorf("the municipality's sign-in finds %d of them, want 1", n)
	}
	w.exec("update app.staff_roles set ended_at = now() where person_id = $1 and institution_id is not null", person)
	if n := matched(); n != 0 {
		t.Error("the municipality's sign-in lets them in after the end")
	}
}
