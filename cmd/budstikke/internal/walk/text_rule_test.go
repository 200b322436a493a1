package walk_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	"budstikke.example/migrations/scope"
)

// B4: what the guide says is the municipality's to choose, from the next text on; identity numbers are looked for whatever it chose.
func TestTextRuleIsTheMunicipalitys(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	owner := w.session("Kommunalia", scope.Staff, 0)
	rule := map[string]any{"everydayIllnessHint": false, "categoriesOff": []string{}, "absenceNotes": true, "noteDays": 30}
	set := func(change map[string]any) call {
		body := maps.Clone(rule)
		maps.Copy(body, change)
		return call{method: http.MethodPut, path: "/v1/office/text-rule", token: owner, body: body}
	}
	severity := func(text string) string {
		t.Helper()
		return w.do(call{method: http.MethodPost, path: "/v1/guardian/text-checks", token: is[right].token,
			body: map[string]any{"text": text, "context": "message", "locale": "en"}}).want(t, http.StatusOK, "").text(t, "severity")
	}
	const fever, diabetes, number = "She has a fever today.", "Kim has diabetes.", "Kim has diabetes, 16822548834."
	says := func(when string, want [3]string) {
		t.Helper()
		if got := [3]string{severity(fever), severity(diabetes), severity(number)}; got != want {
			t.Errorf("%s the guide says %v, want %v", when, got, want)
		}
	}
	says("as it comes", [3]string{"none", "warn", "warn"})
	w.do(set(map[string]any{"everydayIllnessHint": true})).want(t, http.StatusOK, "")
	says("with a hint for everyday illness", [3]string{"hint", "warn", "warn"})
	w.do(set(map[string]any{"categoriesOff": []string{"health_diagnosis"}})).want(t, http.StatusOK, "")
	says("without diagnoses", [3]string{"none", "none", "warn"})
	for _, never := range []string{"national_id", "protected_address", "gossip"} {
		w.do(set(map[string]any{"categoriesOff": []string{never}})).want(t, http.StatusBadRequest, "request_invalid")
	}
	for _, days := range []int{-1, 366} {
		w.do(set(map[string]any{"noteDays": days})).want(t, http.StatusBadRequest, "request_invalid")
	}
	if got := w.do(call{path: "/v1/office/text-rule", token: owner}).want(t, http.StatusOK, ""); !strings.Contains(got.wire(), `"categoriesOff":["health_diagnosis"]`) {
		t.Errorf("the rule is %s", got.wire())
	}
}

// V4: where the municipality wants no words in an absence, a note is refused with what to do instead, and a reason alone is enough.
func TestAbsenceWithoutNotes(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	child := w.person("Alfhildis")
	w.do(call{method: http.MethodPut, path: "/v1/office/text-rule", token: w.session("Kommunalia", scope.Staff, 0),
		body: map[string]any{"everydayIllnessHint": false, "categoriesOff": []string{}, "absenceNotes": false, "noteDays": 30}}).want(t, http.StatusOK, "")
	if me := w.do(call{path: "/v1/guardian/me", token: is[right].token}).want(t, http.StatusOK, ""); !strings.Contains(me.wire(), `"absenceNotes":false`) {
		t.Errorf("the app is told %s", me.wire())
	}
	w.do(w.away(is[right].token, child, w.day(0), w.day(0), noteOfFamily)).want(t, http.StatusUnprocessableEntity, "notes_off")
	if n := one[int](w, "select count(*) from app.absences"); n != 0 {
		t.Errorf("%d absences are stored", n)
	}
	w.do(w.away(is[right].token, child, w.day(0), w.day(0), "")).want(t, http.StatusCreated, "")
}

// V17: a note goes by itself so many days after its absence, with the answers that repeat it; the absence stays, and nothing happens to notes that are
// not due.
func TestNotesExpire(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	report := w.away(is[right].token, w.person("Alfhildis"), w.day(0), w.day(0), noteOfFamily)
	report.key = "0191e0f0-0000-7000-8000-0000000000aa"
	old := w.do(report).want(t, http.StatusCreated, "").id(t)
	fresh := w.do(w.away(is[elsewhere].token, w.person("Fjalarine"), w.day(0), w.day(0), noteOfFamily)).want(t, http.StatusCreated, "").id(t)
	expire := func(want int64) {
		t.Helper()
		if n, err := w.api.Postgres.ExpireNotes(scope.ByProgram(t.Context())); err != nil || n != want {
			t.Errorf("%d notes went, %v; want %d", n, err, want)
		}
	}
	w.exec("update app.absences set starts_on = starts_on - 30, ends_on = ends_on - 30 where id = $1", old)
	expire(0)
	w.exec("update app.absences set starts_on = starts_on - 1, ends_on = ends_on - 1 where id = $1", old)
	expire(1)
	expire(0)
	if got := one[string](w, "select note || coalesce((note_removed_at is not null)::text, '') from app.absences where id = $1", old); got != "true" {
		t.Errorf("of the old note there is %q", got)
	}
	if got := one[bool](w, "select note <> '' from app.absences where id = $1", fresh); !got {
		t.Error("a note of today went, too")
	}
	w.do(report).want(t, http.StatusConflict, "answer_forgotten")
	if got := w.do(call{path: "/v1/guardian/absences/" + old.String(), token: is[right].token}).want(t, http.StatusOK, ""); strings.Contains(got.wire(), "Vindruvsklase") {
		t.Errorf("its writer reads %s", got.wire())
	}
}
