package walk_test

import (
	"net/http"
	"testing"

	"budstikke.example/migrations/scope"
)

// V11, V15: where the register closes an institution, whoever works there is let in no more from that moment, also when the day was set before;
// the owner goes on, to see to what is left.
func TestClosedInstitutionLetsNobodyIn(t *testing.T) {
	t.Parallel()
	for name, closed := range map[string]string{"at once": "now()", "since last week": "now() - interval '7 days'", "at its moment": "now() + interval '1 hour'"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newTown(t)
			is := w.people()
			children := func(institution string) call {
				return call{path: "/v1/staff/institutions/" + w.institution(institution).String() + "/children", token: is[leader].token}
			}
			elsewhere := children(school)
			elsewhere.token = is[teacher].token
			w.exec("update app.institutions set closed_at = "+closed+" where id = $1", w.institution(kindergarten))
			if name == "at its moment" {
				w.do(children(kindergarten)).want(t, http.StatusOK, "")
				w.exec("alter table app.institutions disable trigger cut_off_closed") // time passes, and nobody writes anything
				w.exec("update app.institutions set closed_at = now() - interval '1 second' where id = $1", w.institution(kindergarten))
				w.exec("alter table app.institutions enable trigger cut_off_closed")
			}
			if got := w.do(children(kindergarten)); got.status < 400 {
				t.Errorf("the leader is answered %d", got.status)
			}
			if _, err := w.api.Postgres.Sweep(scope.ByProgram(w.ctx)); err != nil {
				t.Fatal(err)
			}
			if n := one[int](w, "select count(*) from auth.sessions where person_id = $1 and kind = 'staff' and ended_at is null", w.person("Leonorina")); n != 0 {
				t.Errorf("the leader has %d sessions left", n)
			}
			if got := w.do(elsewhere); got.status != http.StatusOK {
				t.Errorf("who works at another institution is answered %d", got.status)
			}
		})
	}
}
