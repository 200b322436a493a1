package walk_test

import (
	"errors"
	"net/http"
	"testing"

	"budstikke.example/migrations/scope"
)

func (w *town) restrictions(token string) reply {
	w.tb.Helper()
	return w.do(call{path: "/v1/office/institutions/" + w.institution(kindergarten).String() + "/restrictions", token: token}).want(w.tb, http.StatusOK, "")
}

func (w *town) restricts(token, child, given, kind string) reply {
	w.tb.Helper()
	return w.do(call{method: http.MethodPost, path: "/v1/office/children/" + w.person(child).String() + "/restrictions", token: token, body: w.restrictionOf(given, kind)})
}

// asHead has the head say something to the database, past the program, and tells what it answers; nothing of it stays.
func (w *town) asHead(sql string, args ...any) (answer error) {
	w.tb.Helper()
	_ = w.API.WithScope(w.ctx, scope.Of(w.here, scope.Staff), func(tx *scope.Tx) error {
		if _, answer = tx.Exec(w.ctx, "select scope.open($1, $2, 'staff')", w.here, w.person("Heddavina")); answer == nil {
			_, answer = tx.Exec(w.ctx, sql, args...)
		}
		return errors.New("nothing of it stays")
	})
	return answer
}

// V6, B8: a head restricts nobody within their own family, is none of the two who lift it there, and does not read why it was set; nor about the other
// guardian of their child with that guardian's other child. The owner does all of it. The database refuses it by itself.
func TestAHeadRestrictsNobodyInTheirFamily(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.parent("Heddavina", "Caspianus")
	w.parent("Ceciliana", "Alfhildis") // who has another child here
	boss, own, top := w.session("Heddavina", scope.Staff, 0), w.session("Oddvarina", scope.Staff, 0), w.session("Kommunalia", scope.Staff, 0)
	for _, c := range []struct{ child, given string }{
		{"Caspianus", "Ceciliana"}, {"Caspianus", "Emelinda"}, {"Caspianus", "Heddavina"}, {"Alfhildis", "Ceciliana"}, {"Alfhildis", "Heddavina"},
	} {
		w.restricts(boss, c.child, c.given, "no_access").want(t, http.StatusConflict, "guardianship_not_yours")
	}
	for _, child := range []string{"Caspianus", "Alfhildis"} {
		set := w.restrict(own, child, "Ceciliana", "no_contact")
		id, etag := set.id(t).String(), set.header.Get("ETag")
		w.do(liftOf(id, "lifting-proposal", boss, etag)).want(t, http.StatusConflict, "guardianship_not_yours")
		if got := w.restrictions(boss); contains(got, "Kvistbräda") || !contains(got, id) {
			t.Errorf("%s: the family reads %s", child, got.body)
		}
		if got := w.restrictions(own); !contains(got, "Kvistbräda") {
			t.Errorf("%s: the owner reads %s", child, got.body)
		}
		etag = w.do(liftOf(id, "lifting-proposal", own, etag)).want(t, http.StatusOK, "").header.Get("ETag")
		w.do(liftOf(id, "lifting", boss, etag)).want(t, http.StatusConflict, "guardianship_not_yours")

		if err := w.asHead("update app.restrictions set lifted_by = scope.person(), lifted_at = now(), version = version + 1 where id = $1", id); err == nil {
			t.Errorf("%s: the database lets the family lift it", child)
		}
		const insert = `insert into app.restrictions (municipality_id, id, child_id, person_id, kind, starts_at, reason_sealed, reason_key, set_by, set_at)
			values (scope.municipality(), $1, $2, $3, 'no_photo', now(), '\x00', 1, scope.person(), now())`
		if err := w.asHead(insert, newID(), w.person(child), w.person("Ceciliana")); err == nil {
			t.Errorf("%s: the database lets the family set one", child)
		}
		if err := w.asHead(insert, newID(), w.person("Alfhildis"), w.person("Annelore")); err != nil {
			t.Errorf("outside the family: %v", err)
		}
		w.do(liftOf(id, "lifting", top, etag)).want(t, http.StatusOK, "")
	}
}

// V9, B8: a head keeps neither the owner nor another head from a child: an owner does, of the place where they lead, and two can lift it again. The
// database refuses it by itself.
func TestWhoHeadsOrOwnsIsTheOwnersToRestrict(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	boss, own, top := w.session("Heddavina", scope.Staff, 0), w.session("Oddvarina", scope.Staff, 0), w.session("Kommunalia", scope.Staff, 0)
	w.exec(`insert into app.staff_roles (municipality_id, id, person_id, institution_id, role, created_at)
		select municipality_id, $1, $2, institution_id, 'head', created_at from app.staff_roles where person_id = $3 and institution_id is not null limit 1`,
		newID(), w.person("Leonorina"), w.person("Heddavina"))
	for _, kind := range []string{"no_access", "no_contact", "no_location", "no_photo", "no_pickup"} {
		for _, given := range []string{"Oddvarina", "Kommunalia", "Leonorina"} {
			w.restricts(boss, "Alfhildis", given, kind).want(t, http.StatusConflict, "staff_role_not_yours")
		}
	}
	w.do(call{path: "/v1/office/children/" + w.person("Alfhildis").String() + "/access", token: own}).want(t, http.StatusOK, "")
	w.restrict(boss, "Alfhildis", "Emelinda", "no_photo") // whom a head does decide about
	err := w.asHead(`insert into app.restrictions (municipality_id, id, child_id, person_id, kind, starts_at, reason_sealed, reason_key, set_by, set_at)
		values (scope.municipality(), $1, $2, $3, 'no_access', now(), '\x00', 1, scope.person(), now())`, newID(), w.person("Alfhildis"), w.person("Oddvarina"))
	if err == nil {
		t.Error("the database lets a head restrict the owner")
	}
	for _, c := range []struct{ by, given, second string }{{own, "Leonorina", top}, {own, "Heddavina", top}, {top, "Oddvarina", boss}} {
		set := w.restrict(c.by, "Alfhildis", c.given, "no_photo")
		etag := w.do(liftOf(set.id(t).String(), "lifting-proposal", c.by, set.header.Get("ETag"))).want(t, http.StatusOK, "").header.Get("ETag")
		w.do(liftOf(set.id(t).String(), "lifting", c.second, etag)).want(t, http.StatusOK, "")
	}
}

// V10, V6: what opens somebody's own child is not for them to confirm in a review, whoever it opens it to, neither by its row nor in bulk, while
// somebody outside the family answers for the place; where nobody does, they confirm it, and the row says so.
func TestAHeadKeepsNobodyOfTheirFamilyInAReview(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.people()
	w.parent("Heddavina", "Caspianus")
	w.reachableAll()
	boss := w.session("Heddavina", scope.Staff, 0)
	id := w.openMonth(t)
	row := w.rowOf(t, boss, id, "Ceciliana")
	for _, decision := range []string{"keep", "change", "remove"} {
		w.decideRow(t, boss, id, row, decision, "", "Kortere.").want(t, http.StatusConflict, "review_row_not_yours")
	}
	if one[bool](w, "select cardinality(findings) > 0 from app.review_rows where id = $1", row) {
		t.Fatal("the row is not one that is kept in bulk")
	}
	w.do(call{method: http.MethodPost, path: "/v1/office/reviews/" + id.String() + "/keeps", token: boss}).want(t, http.StatusOK, "")
	const count = "select count(*) from app.review_rows where review_id = $1 and child_id = $2 and decision is not null"
	if family, others := one[int](w, count, id, w.person("Caspianus")), one[int](w, count, id, w.person("Alfhildis")); family != 0 || others == 0 {
		t.Errorf("in bulk %d rows of the family were kept and %d of others", family, others)
	}
	w.exec("update app.review_rows set decision = 'keep', decided_by = $2, decided_at = now(), outcome = 'done' where review_id = $1 and decision is null and id <> $3",
		id, w.person("Kommunalia"), row)
	asked := func(given string) int {
		return one[int](w, `select count(*) from notify.deliveries d join notify.events e on e.municipality_id = d.municipality_id and e.id = d.event_id
			where e.kind = 'review_due' and e.subject_id = $1 and d.person_id = $2 and d.channel = 'in_app'`, id, w.person(given))
	}
	before := asked("Heddavina")
	w.keepCalendar(t)
	if asked("Oddvarina") == 0 || asked("Heddavina") != before {
		t.Errorf("nothing but a row of the head's family is left, and the owner was asked %d times, the head %d times more", asked("Oddvarina"), asked("Heddavina")-before)
	}
	w.exec("update app.staff_roles set ended_at = now() where person_id = any($1)", []any{w.person("Oddvarina"), w.person("Kommunalia")})
	w.exec("update app.staff_roles set role = 'owner' where person_id = $1", w.person("Emelinda"))
	w.parent("Emelinda", "Caspianus") // who answers for the place, too, and is of the family
	w.decideRow(t, boss, id, row, "keep", "", "").want(t, http.StatusOK, "")
	if got := one[string](w, "select outcome from app.review_rows where id = $1", row); got != "self_confirmed" {
		t.Errorf("the row says %q", got)
	}
}
