package walk_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
)

// partnered is a town with a head who has invited somebody from outside for one child.
type partnered struct {
	*town
	boss, token          string // the head's session and the partner's
	child, other         uuid.UUID
	partnership, partner uuid.UUID
	here                 string // the path of the kindergarten in the office
}

func newPartnered(t *testing.T) *partnered {
	t.Helper()
	w := newTown(t, lasting)
	p := &partnered{town: w, boss: w.session("Heddavina", scope.Staff, 0), child: w.person("Alfhildis"), other: w.person("Caspianus"),
		here: "/v1/office/institutions/" + w.institution(kindergarten).String()}
	invited := w.do(call{method: http.MethodPost, path: p.here + "/external-partners", token: p.boss, body: w.invitation(p.child, 30*24*time.Hour)}).
		want(t, http.StatusCreated, "")
	p.partnership = uuid.MustParse(invited.text(t, "partnershipId"))
	p.partner = one[uuid.UUID](w, "select person_id from app.staff_roles where id = $1", p.partnership)
	p.token = w.session("Utifrån", scope.Staff, 0)
	return p
}

func (p *partnered) children() reply {
	return p.do(call{path: "/v1/staff/partner-children", token: p.token})
}

// shows holds that the partner is shown these of the two children, and not the others.
func (p *partnered) shows(what string, want ...uuid.UUID) {
	p.tb.Helper()
	got := p.children().want(p.tb, http.StatusOK, "")
	for _, id := range []uuid.UUID{p.child, p.other} {
		if shown := strings.Contains(string(got.body), id.String()); shown != slices.Contains(want, id) {
			p.tb.Errorf("%s: the list shows %s: %t\n%s", what, id, shown, got.body)
		}
	}
}

// mine is how the office has the partnership.
func (p *partnered) mine() (v struct{ ID, State, Etag string }) {
	p.tb.Helper()
	var list struct {
		Items []struct{ ID, State, Etag string }
	}
	must(p.tb, json.Unmarshal(p.do(call{path: p.here + "/external-partners", token: p.boss}).want(p.tb, http.StatusOK, "").body, &list))
	for _, item := range list.Items {
		if item.ID == p.partnership.String() {
			return item
		}
	}
	p.tb.Fatal("the office does not have the partnership")
	return v
}

func (p *partnered) change(version string, until time.Duration, children ...uuid.UUID) reply {
	return p.do(call{method: http.MethodPut, path: p.here + "/external-partners/" + p.partnership.String(), token: p.boss, ifMatch: version,
		body: map[string]any{"childIds": children, "until": p.Clock.Now().Add(until)}})
}

// From the letter on, an external partner sees the named children, by a second factor, and nothing else (U8, B5).
func TestAnExternalPartnerSeesWhoIsNamed(t *testing.T) {
	t.Parallel()
	p := newPartnered(t)
	if first := p.do(p.activation(p.town.here, p.letter(p.boss, p.partner, ""))).want(t, http.StatusCreated, ""); first.text(t, "kind") != "second_factor" {
		t.Fatalf("an external partner comes in without a second factor: %s", first.body)
	}
	p.token = p.session("Utifrån", scope.Staff, 0) // a new letter ended what was open
	p.shows("at first", p.child)
	if n := one[int](p.town, "select count(*) from audit.entries where operation = 'ListPartnerChildren' and actor_id = $1", p.partner); n == 0 {
		t.Error("the look left no entry (B5)")
	}
	kindergarten := "/v1/staff/institutions/" + p.institution(kindergarten).String()
	for _, path := range []string{kindergarten + "/children", kindergarten + "/conversations", p.here + "/guardianships",
		p.here + "/external-partners", "/v1/guardian/children/" + p.child.String(), "/v1/office/children/" + p.child.String() + "/access"} {
		p.do(call{path: path, token: p.token}).want(t, http.StatusNotFound, "not_found")
	}
	for _, given := range []string{"Heddavina", "Emelinda", "Rektorina"} {
		p.do(call{path: "/v1/staff/partner-children", token: p.session(given, scope.Staff, 0)}).want(t, http.StatusNotFound, "not_found")
	}
	if n := one[int](p.town, "select count(*) from auth.sessions where person_id = $1 and kind = 'staff' and ended_at is null", p.partner); n == 0 {
		t.Error("the refusals signed the partner out")
	}
}

// P5, B8, V14: who is protected later is not shown until named anew, and a restriction beats the naming.
func TestANamedChildIsKeptFromAPartner(t *testing.T) {
	t.Parallel()
	p := newPartnered(t)
	p.exec("update app.persons set protected_identity = 'protected' where id = $1", p.child)
	p.shows("after it was protected")
	p.change(`"1"`, 20*24*time.Hour, p.child, p.other).want(t, http.StatusOK, "")
	p.shows("after it was named anew", p.child, p.other)
	p.exec("update app.persons set protected_identity = 'strict' where id = $1", p.child)
	p.clear("Heddavina", p.child) // who is to restrict somebody from the child
	p.shows("after it was protected better", p.other)
	p.change(`"2"`, 20*24*time.Hour, p.child, p.other).want(t, http.StatusOK, "")
	p.change(`"2"`, 20*24*time.Hour, p.child).want(t, http.StatusPreconditionFailed, "version_outdated")
	p.shows("after it was named anew", p.child, p.other)

	p.restrict(p.boss, "Caspianus", "Utifrån", "no_access")
	p.shows("after a restriction", p.child)
	p.restrict(p.boss, "Alfhildis", "Utifrån", "no_location")
	p.shows("after a restriction of the place") // whoever named it has it
	p.exec("update app.restrictions set until = starts_at + interval '1 microsecond' where person_id = $1", p.partner)
	p.shows("after both", p.child, p.other)
	p.exec("update app.enrolments set ended_at = now() where child_id = $1", p.child)
	p.shows("after the child left", p.other)
}

// Without a sponsor who works there, and after a review that nobody confirmed, the access rests; it comes back with what it needs (U8, V10, V11).
func TestAPartnersAccessRests(t *testing.T) {
	t.Parallel()
	p := newPartnered(t)
	leave := func(person uuid.UUID) {
		p.exec(`insert into app.staff_leaves (municipality_id, id, person_id, institution_id, starts_at, set_by, set_at)
			values ($1, $2, $3, $4, now(), $5, now())`, p.town.here, newID(), person, p.institution(kindergarten), p.person("Heddavina"))
	}
	sponsor := p.person("Emelinda")
	for what, step := range map[string]struct {
		take func()
		back string
	}{
		"the sponsor has left":    {func() { p.exec("update app.staff_roles set ended_at = now() where person_id = $1", sponsor) }, "update app.staff_roles set ended_at = null where person_id = $1"},
		"the sponsor is on leave": {func() { leave(sponsor) }, "delete from app.staff_leaves where person_id = $1"},
		"the sponsor has moved on": {func() {
			p.exec("update app.staff_roles set institution_id = $2 where person_id = $1", sponsor, p.institution(school))
		}, ""},
	} {
		step.take()
		p.children().want(t, http.StatusUnauthorized, "sign_in_required")
		if got := p.mine().State; got != "suspended" {
			t.Errorf("%s: the office has the partnership as %s", what, got)
		}
		if step.back == "" {
			p.exec("update app.staff_roles set institution_id = $2 where person_id = $1", sponsor, p.institution(kindergarten))
		} else {
			p.exec(step.back, sponsor)
		}
		p.token = p.session("Utifrån", scope.Staff, 0)
		p.shows("with the sponsor back", p.child)
	}
	leave(p.partner)
	p.children().want(t, http.StatusUnauthorized, "sign_in_required")
	if got := p.mine().State; got != "suspended" {
		t.Errorf("a partner suspended by a review: the office has the partnership as %s", got)
	}
}

// Who cannot vouch, and who is not there, is nobody: all answer alike, and nothing is stored.
func TestPartnersThatCannotBe(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	boss := w.session("Heddavina", scope.Staff, 0)
	path := "/v1/office/institutions/" + w.institution(kindergarten).String() + "/external-partners"
	child, month := w.person("Alfhildis"), 30*24*time.Hour
	before := w.fingerprint()
	var first reply
	for what, with := range map[string]map[string]any{
		"a child of another institution":    {"childIds": []uuid.UUID{child, w.person("Hjalmarine")}},
		"a child of another municipality":   {"childIds": []uuid.UUID{w.person("Mosebackus")}},
		"an unknown child":                  {"childIds": []uuid.UUID{newID()}},
		"an adult":                          {"childIds": []uuid.UUID{w.person("Annelore")}},
		"a sponsor of another institution":  {"sponsorId": w.person("Torunnara")},
		"a sponsor of another municipality": {"sponsorId": w.person("Utrikine")},
		"a guardian as sponsor":             {"sponsorId": w.person("Annelore")},
		"an unknown sponsor":                {"sponsorId": newID()},
	} {
		body := w.invitation(child, month)
		for name, value := range with {
			body[name] = value
		}
		got := w.do(call{method: http.MethodPost, path: path, token: boss, body: body}).want(t, http.StatusNotFound, "not_found")
		if first.status == 0 {
			first = got
		}
		if got.wire() != first.wire() {
			t.Errorf("%s is answered otherwise:\n%s", what, got.wire())
		}
	}
	for code, ahead := range map[string]time.Duration{"end_in_the_past": -time.Minute, "end_too_far_ahead": 400 * 24 * time.Hour} {
		w.do(call{method: http.MethodPost, path: path, token: boss, body: w.invitation(child, ahead)}).want(t, http.StatusUnprocessableEntity, code)
	}
	for what, children := range map[string][]uuid.UUID{"nobody": {}, "everybody": slices.Repeat([]uuid.UUID{child}, 51), "one twice": {child, child}} {
		body := w.invitation(child, month)
		body["childIds"] = children
		if got := w.do(call{method: http.MethodPost, path: path, token: boss, body: body}); got.status != http.StatusBadRequest {
			t.Errorf("naming %s: %d %s", what, got.status, got.code)
		}
	}
	w.unchanged(t, before, "by invitations that cannot be")
}
