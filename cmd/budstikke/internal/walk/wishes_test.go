package walk_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
)

// proposal is what the head is shown of one who wishes access.
type proposal struct {
	Guardianship struct {
		ID       uuid.UUID
		Decision *struct{ Status, Reason, DecidedBy string }
	}
	Wish struct{ StatedAt time.Time }
}

// saying reads an answer.
func saying[T any](tb testing.TB, r reply) (v T) {
	tb.Helper()
	must(tb, json.Unmarshal(r.body, &v))
	return v
}

// proposed lists whom the kindergarten is proposed to give access to.
func (w *town) proposed(token string) []proposal {
	w.tb.Helper()
	return saying[struct{ Items []proposal }](w.tb, w.do(call{
		path: "/v1/office/institutions/" + w.institution(kindergarten).String() + "/proposed-activations?limit=100", token: token,
	}).want(w.tb, http.StatusOK, "")).Items
}

// isProposed tells whether a guardianship is among them.
func (w *town) isProposed(token string, guardianship uuid.UUID) bool {
	w.tb.Helper()
	return slices.ContainsFunc(w.proposed(token), func(p proposal) bool { return p.Guardianship.ID == guardianship })
}

// wish states a guardian's own wish about all their children.
func (w *town) wish(token string, wished bool) reply {
	w.tb.Helper()
	return w.do(call{method: http.MethodPut, path: "/v1/guardian/wish", token: token, body: map[string]any{"wished": wished}}).want(w.tb, http.StatusOK, "")
}

// form enters what a guardian has stated about one child on paper.
func (w *town) form(token string, guardianship uuid.UUID, body map[string]any) {
	w.tb.Helper()
	w.do(call{method: http.MethodPut, path: "/v1/office/guardianships/" + guardianship.String() + "/wish", token: token, body: body}).want(w.tb, http.StatusOK, "")
}

// H1, V6: whoever has applied and was approved has wished for access by that, since the day of the application; whoever was declined has not.
func TestApplicantsWishForAccess(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.manual()
	boss := w.session("Heddavina", scope.Staff, 0)
	approved, declined := w.guardianship("Gretchenia", "Gudrunette"), w.guardianship("Ceciliana", "Caspianus")
	w.handIn("Gretchenia").want(t, http.StatusAccepted, "")
	w.handIn("Ceciliana").want(t, http.StatusAccepted, "")
	if got := w.proposed(boss); len(got) != 0 {
		t.Errorf("proposed before anybody has an account: %+v", got)
	}
	w.exec("update app.applications set submitted_at = submitted_at - interval '3 days' where person_id = $1", w.person("Gretchenia"))
	for given, to := range map[string]string{"Gretchenia": "approved", "Ceciliana": "declined"} {
		id := one[uuid.UUID](w, "select id from app.applications where person_id = $1", w.person(given))
		w.do(w.decision(boss, id, to, "x")).want(t, http.StatusOK, "")
	}
	got := w.proposed(boss)
	if len(got) != 1 || got[0].Guardianship.ID != approved || got[0].Guardianship.Decision != nil {
		t.Fatalf("proposed: %+v, want the one who was approved, and not %s", got, declined)
	}
	if at := one[time.Time](w, "select submitted_at from app.applications where person_id = $1", w.person("Gretchenia")); !got[0].Wish.StatedAt.Equal(at) {
		t.Errorf("wished at %v, want when it was handed in, %v", got[0].Wish.StatedAt, at)
	}
	w.decide(boss, "Gretchenia", "Gudrunette", "active")
	if got := w.proposed(boss); len(got) != 0 {
		t.Errorf("proposed although it is open: %+v", got)
	}
}

// V3, V6: an application does not undo what was answered to the contrary about a child.
func TestAnApplicationLeavesAnotherAnswerAlone(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	boss, door := w.session("Heddavina", scope.Staff, 0), w.guardianship("Gretchenia", "Gudrunette")
	w.form(boss, door, map[string]any{"wished": false})
	w.handIn("Gretchenia").want(t, http.StatusCreated, "")
	if w.isProposed(boss, door) {
		t.Error("the form says no, and the application made it a yes")
	}
}

// V6, V15: whom somebody has just made inactive is not proposed on the wish of before; on a new one they are, with what was decided and why, which the
// child's own family does not read.
func TestAWishIsAnsweredByADecision(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	door := w.guardianship("Annelore", "Alfhildis")
	w.wish(is[right].token, true)
	w.decide(is[head].token, "Annelore", "Alfhildis", "inactive")
	if w.isProposed(is[head].token, door) {
		t.Fatal("proposed again on the wish of before")
	}
	w.Clock.Advance(time.Second)
	w.wish(w.session("Annelore", scope.Guardian, 0), true)
	reason := func(token string) string {
		t.Helper()
		for _, p := range w.proposed(token) {
			if d := p.Guardianship.Decision; p.Guardianship.ID == door && d != nil && d.Status == "inactive" && d.DecidedBy != "" {
				return d.Reason
			}
		}
		t.Fatal("whoever wishes anew is not proposed with what was decided")
		return ""
	}
	if got := reason(is[head].token); got != deactivationReason {
		t.Errorf("the reason is shown as %q", got)
	}
	w.parent("Oddvarina", "Alfhildis")
	if got := reason(is[owner].token); got != "" {
		t.Errorf("the child's own family reads why: %q", got)
	}
	path := "/v1/office/guardianships/" + door.String() + "?institutionId=" + w.institution(kindergarten).String()
	if got := w.do(call{path: path, token: is[head].token}).want(t, http.StatusOK, ""); !contains(got, deactivationReason) {
		t.Errorf("the head reads %s", got.body)
	}
	if got := w.do(call{path: path, token: is[owner].token}).want(t, http.StatusOK, ""); contains(got, deactivationReason) {
		t.Errorf("the child's own family reads why: %s", got.body)
	}
}

// V6, B8, B12: every single thing that keeps somebody from being proposed keeps them, by itself.
func TestWhoIsNotProposed(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	boss, door := w.session("Heddavina", scope.Staff, 0), w.guardianship("Ceciliana", "Caspianus")
	w.form(boss, door, map[string]any{"wished": true})
	if !w.isProposed(boss, door) {
		t.Fatal("nothing speaks against it, and it is not proposed")
	}
	access := func(status string) []string {
		return []string{"update app.guardianship_access set status = '" + status + "' where guardianship_id = $1",
			"update app.guardianship_access set status = 'imported' where guardianship_id = $1"}
	}
	decided := func(status, since string) []string {
		return []string{`insert into app.guardianship_decisions (municipality_id, id, guardianship_id, institution_id, status, reason, decided_at, rule)
				select municipality_id, gen_random_uuid(), guardianship_id, institution_id, '` + status + `', '', (select stated_at from app.access_wishes where guardianship_id = $1)
					+ interval '` + since + `', 'auto_on_custody' from app.guardianship_access where guardianship_id = $1`,
			"delete from app.guardianship_decisions where guardianship_id = $1"}
	}
	restricted := func(kind string) []string {
		return []string{`insert into app.restrictions (municipality_id, id, child_id, person_id, kind, starts_at, reason_sealed, reason_key, set_by, set_at)
				select municipality_id, gen_random_uuid(), child_id, guardian_id, '` + kind + `', now() - interval '1 day', '\x01', 1, child_id, now()
				from app.guardianships where id = $1`,
			"delete from app.restrictions where person_id = (select guardian_id from app.guardianships where id = $1)"}
	}
	for _, c := range []struct {
		what     string
		turns    []string // there, and back again
		proposed bool
	}{
		{"not wished", []string{"update app.access_wishes set wished = false where guardianship_id = $1", "update app.access_wishes set wished = true where guardianship_id = $1"}, false},
		{"the moment has not come", []string{"update app.access_wishes set starts_at = stated_at + interval '1 day' where guardianship_id = $1",
			"update app.access_wishes set starts_at = null where guardianship_id = $1"}, false},
		{"the moment has come", []string{"update app.access_wishes set starts_at = stated_at - interval '1 day' where guardianship_id = $1",
			"update app.access_wishes set starts_at = null where guardianship_id = $1"}, true},
		{"inactive", access("inactive"), true},
		{"active", access("active"), false},
		{"suspended", access("suspended"), false},
		{"the guardianship is over", []string{"update app.guardianships set ended_at = now() - interval '1 hour' where id = $1", "update app.guardianships set ended_at = null where id = $1"}, false},
		{"kept from the child", restricted("no_access"), false},
		{"not to be photographed", restricted("no_photo"), true},
		{"made inactive since", decided("inactive", "1 second"), false},
		{"made inactive in the same moment", decided("inactive", "0 seconds"), false},
		{"suspended since, and closed with the enrolment", decided("suspended", "1 second"), false},
		{"made inactive before the wish", decided("inactive", "-1 second"), true},
		{"open since, and closed when the child left", decided("active", "1 second"), true},
	} {
		w.exec(c.turns[0], door)
		if got := w.isProposed(boss, door); got != c.proposed {
			t.Errorf("%s: proposed %v, want %v", c.what, got, c.proposed)
		}
		w.exec(c.turns[1], door)
		w.exec("update app.guardianship_access set status = 'imported' where guardianship_id = $1", door)
		if !w.isProposed(boss, door) {
			t.Fatalf("%s: it is not taken back", c.what)
		}
	}
}

// V4: one answer for all children does not widen what a form says about one, and the guardian is told; whoever wishes for less has it at once.
func TestAFormIsNotWidened(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	first, second := w.guardianship("Fridabella", "Alfhildis"), w.guardianship("Fridabella", "Fjalarine")
	token := w.session("Fridabella", scope.Guardian, 0)
	stands := func(r reply) bool { return saying[struct{ FormStands bool }](t, r).FormStands }
	wished := func(door uuid.UUID) bool {
		return one[bool](w, "select wished from app.access_wishes where guardianship_id = $1", door)
	}

	w.form(is[head].token, first, map[string]any{"wished": false})
	w.Clock.Advance(time.Second)
	if !stands(w.wish(token, true)) || wished(first) || !wished(second) {
		t.Errorf("a form that says no: wished %v and %v", wished(first), wished(second))
	}
	from := w.Clock.Now().Add(48 * time.Hour)
	w.form(is[head].token, first, map[string]any{"wished": true, "from": from})
	w.Clock.Advance(time.Second)
	if !stands(w.wish(token, true)) || one[int](w, "select count(*) from app.access_wishes where guardianship_id = $1 and starts_at > stated_at", first) != 1 {
		t.Error("a form that says later was widened")
	}
	w.Clock.Advance(72 * time.Hour)
	token = w.session("Fridabella", scope.Guardian, 0)
	if stands(w.wish(token, true)) || one[int](w, "select count(*) from app.access_wishes where guardianship_id = $1 and stated_by = $2", first, w.person("Fridabella")) != 1 {
		t.Error("a form whose moment has come still stands in the way")
	}
	w.form(w.session("Heddavina", scope.Staff, 0), first, map[string]any{"wished": true})
	w.Clock.Advance(time.Second)
	if stands(w.wish(token, false)) || wished(first) || wished(second) {
		t.Error("whoever wishes for no access any more is not heard")
	}
	w.Clock.Advance(time.Second)
	if stands(w.wish(token, true)) || !wished(first) || !wished(second) {
		t.Error("their own answer of before stands in their way")
	}
}
