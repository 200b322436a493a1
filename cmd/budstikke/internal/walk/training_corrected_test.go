package walk_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

func (w *town) correct(given, routine, day, instead, reason, token string) reply {
	w.tb.Helper()
	body := map[string]any{"personId": w.person(given), "routine": routine, "day": day, "reason": reason}
	if instead != "" {
		body["instead"] = instead
	}
	return w.office(http.MethodPost, kindergarten, "/training/corrections", token, body)
}

// trainedOn is the latest day of a part in somebody's record, "" for never.
func (w *town) trainedOn(token, given, routine string) string {
	w.tb.Helper()
	for _, p := range w.training(w.tb, token)[w.person(given)].Parts {
		if p.Routine == routine {
			return p.TrainedOn
		}
	}
	w.tb.Fatalf("%s is not to be trained in %s", given, routine)
	return ""
}

// V9: a training that was recorded wrongly counts no more, and stays with who withdrew it and why; the right one takes its place; nobody corrects their
// own, or what is not theirs to record, and what is not there, or not any more, is not found.
func TestWrongTrainingIsCorrected(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	boss, own := is[head].token, is[owner].token
	w.trained("Leonorina", "messages", w.day(-9))
	w.trained("Leonorina", "messages", w.day(-400))
	w.exec(`insert into app.trainings (municipality_id, id, institution_id, person_id, routine, trained_on, recorded_by, recorded_at)
		values ($1, $2, $3, $4, 'messages', $5, $6, now())`, w.here, newID(), w.institution(kindergarten), w.person("Heddavina"), w.day(-9), w.person("Oddvarina"))
	before := w.fingerprint()
	unknown := w.office(http.MethodPost, kindergarten, "/training/corrections", boss, map[string]any{
		"personId": newID(), "routine": "messages", "day": w.day(-9), "reason": "Fel."}).want(t, http.StatusNotFound, "not_found").wire()
	for what, got := range map[string]reply{
		"another day":            w.correct("Leonorina", "messages", w.day(-8), "", "Fel.", boss),
		"another part":           w.correct("Leonorina", "alerts", w.day(-9), "", "Fel.", boss),
		"of another institution": w.correct("Rektorina", "messages", w.day(-9), "", "Fel.", boss),
		"by another head":        w.correct("Leonorina", "messages", w.day(-9), "", "Fel.", is[rektor].token),
		"by an employee":         w.correct("Leonorina", "messages", w.day(-9), "", "Fel.", is[employee].token),
		"by a guardian":          w.correct("Leonorina", "messages", w.day(-9), "", "Fel.", is[right].token),
	} {
		if got.wire() != unknown {
			t.Errorf("%s: answered %d %s", what, got.status, got.body)
		}
	}
	w.correct("Heddavina", "messages", w.day(-9), "", "Fel.", boss).want(t, http.StatusConflict, "training_not_yours")
	w.correct("Leonorina", "messages", w.day(-9), "", " \u200b", boss).want(t, http.StatusUnprocessableEntity, "reason_missing")
	w.correct("Leonorina", "messages", w.day(-9), w.day(1), "Fel.", boss).want(t, http.StatusUnprocessableEntity, "training_day_wrong")
	for what, reason := range map[string]string{"none": "", "huge": strings.Repeat("x", 301)} {
		if got := w.correct("Leonorina", "messages", w.day(-9), "", reason, boss); got.status != http.StatusBadRequest {
			t.Errorf("reason %s: %d %s", what, got.status, got.body)
		}
	}
	w.unchanged(t, before, "by corrections that nobody may make")

	w.correct("Leonorina", "messages", w.day(-9), w.day(-5), "Fel dag.", boss).want(t, http.StatusOK, "")
	if got := w.trainedOn(boss, "Leonorina", "messages"); got != w.day(-5) {
		t.Errorf("corrected, and trained on %q, want %s", got, w.day(-5))
	}
	w.correct("Leonorina", "messages", w.day(-9), "", "Fel dag.", boss).want(t, http.StatusNotFound, "not_found") // not any more
	w.correct("Leonorina", "messages", w.day(-5), "", "Var inte med.", boss).want(t, http.StatusOK, "")
	if got := w.trainedOn(boss, "Leonorina", "messages"); got != w.day(-400) {
		t.Errorf("withdrawn, and trained on %q, want the time before", got)
	}
	w.train("Leonorina", w.day(-5), boss, "messages").want(t, http.StatusOK, "") // was there after all
	if got := w.trainedOn(boss, "Leonorina", "messages"); got != w.day(-5) {
		t.Errorf("recorded anew, and trained on %q", got)
	}
	w.correct("Heddavina", "messages", w.day(-9), "", "Fel person.", own).want(t, http.StatusOK, "")
	kept := one[[]string](w, "select array_agg(withdrawn_because order by withdrawn_because) from app.trainings where withdrawn_at is not null and withdrawn_by <> person_id")
	if !slices.Equal(kept, []string{"Fel dag.", "Fel person.", "Var inte med."}) {
		t.Errorf("kept of what was withdrawn: %q", kept)
	}
	if n := one[int](w, "select count(*) from audit.entries where operation = 'CorrectTraining' and outcome = 'done' and class = 'access_decision' and person_id is not null"); n != 3 {
		t.Errorf("%d entries in the trail, want 3", n)
	}
	if n := one[int](w, "select count(*) from app.trainings where trained_on = $1 and person_id = $2", w.day(-5), w.person("Leonorina")); n != 2 {
		t.Errorf("%d rows of the same training, one of them withdrawn", n)
	}
}

// V9: of two corrections of one entry at once, one is told that there is no such entry any more.
func TestTrainingIsCorrectedOnce(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	w.trained("Leonorina", "messages", w.day(-9))
	replies := w.atOnce(t, 2, func(int) call {
		return call{method: http.MethodPost, path: "/v1/office/institutions/" + w.institution(kindergarten).String() + "/training/corrections", token: is[head].token,
			body: map[string]any{"personId": w.person("Leonorina"), "routine": "messages", "day": w.day(-9), "instead": w.day(-8), "reason": "Fel dag."}}
	})
	statuses := []int{replies[0].status, replies[1].status}
	slices.Sort(statuses)
	if !slices.Equal(statuses, []int{http.StatusOK, http.StatusNotFound}) {
		t.Errorf("corrected by two at once: %v", statuses)
	}
}

// V3, V9: whoever is overdue with a training is told once, with the heads, and the owners where it is a head's; again only after it had been seen to;
// whoever is on leave when they are back; nobody by SMS (V20).
func TestOverdueTrainingIsToldOnce(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.people()
	told := func(given string) int {
		return one[int](w, `select count(*) from notify.deliveries d join notify.events e on e.municipality_id = d.municipality_id and e.id = d.event_id
			where e.kind = 'training_overdue' and e.subject_id = $1 and d.person_id = $2 and d.channel = 'in_app'`, w.institution(kindergarten), w.person(given))
	}
	check := func(when string, want map[string]int) {
		t.Helper()
		for range 2 {
			w.keepCalendar(t)
		}
		for _, given := range []string{"Heddavina", "Oddvarina", "Leonorina", "Emelinda"} {
			if got := told(given); got != want[given] {
				t.Errorf("%s: %s was told %d times, want %d", when, given, got, want[given])
			}
		}
	}
	parts := []string{"messages", "absences", "alerts", "privacy"}
	check("on the first day", nil)
	w.Clock.Advance(25 * days)
	today := w.Clock.Now().Format("2006-01-02")
	for _, r := range append(parts, "access") {
		w.exec(`insert into app.trainings select $1, gen_random_uuid(), $2, $3, $4, $5, $6, now()`, w.here, w.institution(kindergarten), w.person("Heddavina"), r, today, w.person("Oddvarina"))
		w.trained("Leonorina", r, today)
	}
	w.exec(`insert into app.staff_leaves (municipality_id, id, person_id, institution_id, starts_at, set_by, set_at) values ($1, $2, $3, $4, now(), $5, now())`,
		w.here, newID(), w.person("Emelinda"), w.institution(kindergarten), w.person("Heddavina"))
	w.Clock.Advance(10 * days)
	check("while she is on leave", nil)
	w.exec("delete from app.staff_leaves where person_id = $1", w.person("Emelinda"))
	check("back, and overdue", map[string]int{"Emelinda": 1, "Heddavina": 1})
	w.Clock.Advance(7 * days)
	check("a week later", map[string]int{"Emelinda": 1, "Heddavina": 1})
	for _, r := range parts {
		w.trained("Emelinda", r, today)
	}
	check("seen to", map[string]int{"Emelinda": 1, "Heddavina": 1})
	w.Clock.Advance(360 * days)
	check("a year later, all of them", map[string]int{"Emelinda": 2, "Heddavina": 2, "Leonorina": 1, "Oddvarina": 1})
	w.Clock.Advance(days)
	check("the day after", map[string]int{"Emelinda": 2, "Heddavina": 2, "Leonorina": 1, "Oddvarina": 1})
	if n := one[int](w, `select count(*) from notify.deliveries d join notify.events e on e.municipality_id = d.municipality_id and e.id = d.event_id
		where e.kind = 'training_overdue' and d.channel = 'sms'`); n != 0 {
		t.Errorf("%d of them by SMS", n)
	}
}
