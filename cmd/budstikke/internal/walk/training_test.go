package walk_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

type trainingRecord struct {
	PersonID   uuid.UUID
	PersonName string
	Parts      []struct {
		Routine, TrainedOn, DueOn string
		Overdue                   bool
	}
}

func (w *town) training(tb testing.TB, token string) map[uuid.UUID]trainingRecord {
	tb.Helper()
	var list struct{ Items []trainingRecord }
	must(tb, json.Unmarshal(w.office(http.MethodGet, kindergarten, "/training", token, nil).want(tb, http.StatusOK, "").body, &list))
	found := map[uuid.UUID]trainingRecord{}
	for _, r := range list.Items {
		found[r.PersonID] = r
	}
	return found
}

func (w *town) train(given, day, token string, routines ...string) reply {
	w.tb.Helper()
	return w.office(http.MethodPost, kindergarten, "/training", token, map[string]any{"personId": w.person(given), "routines": routines, "day": day})
}

// V9: a new head has a training record from the day of the appointment, with all that is due within a month; the owner records it, and nobody their own.
func TestNewHeadHasATrainingRecord(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	boss, own := is[head].token, is[owner].token
	got := w.office(http.MethodPost, kindergarten, "/heads", own, map[string]any{"newcomer": newcomer("Nyrektra"), "firstDay": w.day(2)}).want(t, http.StatusCreated, "").staffRole(t)
	fresh := w.training(t, own)[one[uuid.UUID](w, "select person_id from app.staff_roles where id = $1", got.ID)]
	if len(fresh.Parts) != 5 || !strings.HasPrefix(fresh.PersonName, "Nyrektra") {
		t.Fatalf("the record of a new head: %+v", fresh)
	}
	for _, p := range fresh.Parts {
		if p.TrainedOn != "" || p.DueOn != w.day(32) || p.Overdue {
			t.Errorf("of a new head: %+v, want due on %s", p, w.day(32))
		}
	}
	if n := len(w.training(t, boss)[w.person("Leonorina")].Parts); n != 4 {
		t.Errorf("a pedagogue is trained in %d parts, want four", n)
	}
	today := w.day(0)
	before := w.fingerprint()
	w.train("Heddavina", today, boss, "access").want(t, http.StatusConflict, "training_not_yours")
	w.train("Nyrektra", today, boss, "access").want(t, http.StatusConflict, "training_not_yours") // another head
	w.train("Leonorina", w.day(1), boss, "messages").want(t, http.StatusUnprocessableEntity, "training_day_wrong")
	w.train("Leonorina", "1999-01-01", boss, "messages").want(t, http.StatusUnprocessableEntity, "training_day_wrong")
	unknown := w.office(http.MethodPost, kindergarten, "/training", boss, map[string]any{"personId": newID(), "routines": []string{"messages"}, "day": today}).want(t, http.StatusNotFound, "not_found").wire()
	for what, got := range map[string]reply{
		"of another institution": w.train("Rektorina", today, boss, "messages"),
		"of a guardian":          w.train("Annelore", today, boss, "messages"),
		"by another head":        w.train("Leonorina", today, is[rektor].token, "messages"),
		"by an employee":         w.train("Leonorina", today, is[employee].token, "messages"),
	} {
		if got.wire() != unknown {
			t.Errorf("%s: answered %d %s", what, got.status, got.body)
		}
	}
	for what, routines := range map[string][]string{"none": {}, "no such": {"juggling"}, "twice": {"messages", "messages"}} {
		if got := w.train("Leonorina", today, boss, routines...); got.status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", what, got.status, got.body)
		}
	}
	w.unchanged(t, before, "by trainings that nobody may record")
	if _, err := w.Admin.Exec(w.ctx, "insert into app.trainings select municipality_id, gen_random_uuid(), institution_id, person_id, 'access', current_date, person_id, now() from app.staff_roles where role = 'head'"); err == nil {
		t.Error("the database takes somebody's record of themselves")
	}

	w.train("Heddavina", today, own, "access", "privacy").want(t, http.StatusOK, "")
	for range 2 { // the same twice is one
		w.train("Leonorina", today, boss, "messages").want(t, http.StatusOK, "")
	}
	if n := one[int](w, "select count(*) from app.trainings where person_id = $1", w.person("Leonorina")); n != 1 {
		t.Errorf("%d records of one training", n)
	}
	parts := w.training(t, boss)[w.person("Heddavina")].Parts
	i := slices.IndexFunc(parts, func(p struct {
		Routine, TrainedOn, DueOn string
		Overdue                   bool
	}) bool {
		return p.Routine == "access"
	})
	if i < 0 || parts[i].TrainedOn != today || parts[i].DueOn[:4] == today[:4] {
		t.Errorf("after the training: %+v", parts)
	}
}

// V3, V10: whoever was not trained within a month of their first day, or for a year, is found by the review; who was is not.
func TestReviewFindsOverdueTraining(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.people()
	w.exec("update app.institutions set created_at = created_at - interval '2 months'")
	now := w.Clock.Now()
	// Three months on: what began today is due a month from now.
	w.Clock.Set(time.Date(now.Year(), now.Month()+3, 1, 9, 0, 0, 0, time.UTC))
	for _, r := range []string{"messages", "absences", "alerts", "privacy"} {
		w.train("Leonorina", w.Clock.Now().AddDate(0, 0, -1).Format(time.DateOnly), w.boss("Heddavina"), r).want(t, http.StatusOK, "")
	}
	w.exec(`insert into app.trainings (municipality_id, id, institution_id, person_id, routine, trained_on, recorded_by, recorded_at)
		select $1, gen_random_uuid(), $2, $3, r, $5::date, $4, now() from unnest(array['messages', 'absences', 'alerts', 'privacy']) r`,
		w.here, w.institution(kindergarten), w.person("Emelinda"), w.person("Heddavina"), w.Clock.Now().AddDate(-1, 0, -2))
	w.keepCalendar(t)
	id := one[uuid.UUID](w, "select id from app.reviews where institution_id = $1", w.institution(kindergarten))
	for given, want := range map[string]bool{"Leonorina": false, "Emelinda": true, "Heddavina": true, "Oddvarina": false} {
		found := one[bool](w, "select 'training_overdue' = any (findings) from app.review_rows where review_id = $1 and person_id = $2 and kind = 'staff' limit 1", id, w.person(given))
		if found != want {
			t.Errorf("%s: found overdue %t, want %t", given, found, want)
		}
	}
	if parts := w.training(t, w.boss("Heddavina"))[w.person("Emelinda")].Parts; len(parts) != 4 || !parts[0].Overdue {
		t.Errorf("the record of who was trained over a year ago: %+v", parts)
	}
}
