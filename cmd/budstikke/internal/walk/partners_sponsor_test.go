package walk_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/auth/access"
	"budstikke.example/migrations/scope"
)

// told is how often somebody got the notice about a partner without a sponsor, in the app.
func (p *partnered) told(given string) int {
	p.tb.Helper()
	return one[int](p.town, `select count(*) from notify.deliveries d join notify.events e on e.municipality_id = d.municipality_id and e.id = d.event_id
		where d.person_id = $1 and e.kind = 'partner_without_sponsor' and e.subject_id = $2 and d.channel = 'in_app'`, p.person(given), p.partnership)
}

func (p *partnered) calendar() {
	p.tb.Helper()
	must(p.tb, p.api.Postgres.KeepCalendar(scope.ByProgram(p.ctx)))
}

// rests is why the office has the partnership as suspended.
func (p *partnered) rests() string {
	p.tb.Helper()
	got := p.do(call{path: p.here + "/external-partners", token: p.boss}).want(p.tb, http.StatusOK, "")
	for _, why := range []string{"sponsor_gone", "sponsor_on_leave", "suspended"} {
		if strings.Contains(string(got.body), `"rests":"`+why+`"`) {
			return why
		}
	}
	return ""
}

// U8, B12: whichever way a sponsor is lost, the access rests at once and the head is told once, until there is a sponsor again.
func TestHeadsAreToldOfALostSponsor(t *testing.T) {
	t.Parallel()
	p := newPartnered(t)
	p.calendar()
	if p.told("Heddavina") != 0 || p.rests() != "" {
		t.Fatalf("told %d times of a partner with a sponsor, who rests because of %q", p.told("Heddavina"), p.rests())
	}
	sponsor, here := p.person("Emelinda"), p.institution(kindergarten)
	for n, loss := range []struct {
		what, lose, back, why string
	}{
		{"has left", "update app.staff_roles set ended_at = now() where person_id = $1", "update app.staff_roles set ended_at = null where person_id = $1", "sponsor_gone"},
		{"is on leave", `insert into app.staff_leaves (municipality_id, id, person_id, institution_id, starts_at, set_by, set_at)
			select municipality_id, gen_random_uuid(), person_id, institution_id, now(), person_id, now() from app.staff_roles where person_id = $1`,
			"delete from app.staff_leaves where person_id = $1", "sponsor_on_leave"},
		{"works elsewhere", "update app.staff_roles set institution_id = '" + p.institution(school).String() + "' where person_id = $1",
			"update app.staff_roles set institution_id = '" + here.String() + "' where person_id = $1", "sponsor_gone"},
	} {
		p.exec(loss.lose, sponsor)
		p.calendar()
		p.calendar()
		if got := p.told("Heddavina"); got != n+1 {
			t.Errorf("the sponsor %s: the head was told %d times, want %d", loss.what, got, n+1)
		}
		if p.told("Oddvarina") != 0 || p.told("Emelinda") != 0 {
			t.Error("somebody else was told")
		}
		if got := p.rests(); got != loss.why {
			t.Errorf("the sponsor %s: it rests because of %q, want %s", loss.what, got, loss.why)
		}
		p.exec(loss.back, sponsor)
		p.calendar()
		if p.rests() != "" {
			t.Error("it rests with the sponsor back")
		}
	}
	p.exec("update app.staff_roles set ended_at = now() where person_id = any ($1)", []uuid.UUID{sponsor, p.person("Heddavina")})
	p.calendar()
	if p.told("Oddvarina") != 1 {
		t.Errorf("nobody heads the place, and its owner was told %d times", p.told("Oddvarina"))
	}
	if n := one[int](p.town, `select count(*) from notify.deliveries d join notify.events e on e.municipality_id = d.municipality_id and e.id = d.event_id
		where e.kind = 'partner_without_sponsor' and d.channel = 'sms'`); n != 0 {
		t.Errorf("%d SMS (V20)", n)
	}
}

// U8: another sponsor, who works there now, lets the access go on; nobody else can be named, and who is gone has no hold on it any more.
func TestAnotherSponsorLetsItGoOn(t *testing.T) {
	t.Parallel()
	p := newPartnered(t)
	change := func(sponsor uuid.UUID) reply {
		return p.do(call{method: http.MethodPut, path: p.here + "/external-partners/" + p.partnership.String(), token: p.boss, ifMatch: p.mine().Etag,
			body: map[string]any{"childIds": []uuid.UUID{p.child}, "until": p.Clock.Now().Add(9 * 24 * time.Hour), "sponsorId": sponsor}})
	}
	p.exec("update app.staff_roles set ended_at = now() where person_id = $1", p.person("Emelinda"))
	p.children().want(t, http.StatusUnauthorized, "sign_in_required")
	before := p.fingerprint()
	for what, sponsor := range map[string]uuid.UUID{
		"of another institution": p.person("Torunnara"), "of another municipality": p.person("Utrikine"), "who left": p.person("Emelinda"),
		"a guardian": p.person("Annelore"), "unknown": newID(), "the partner": p.partner,
	} {
		if got := change(sponsor); got.status != http.StatusNotFound || got.code != "not_found" {
			t.Errorf("a sponsor %s: %d %s", what, got.status, got.code)
		}
	}
	p.unchanged(t, before, "by sponsors who cannot be")
	change(p.person("Leonorina")).want(t, http.StatusOK, "")
	p.token = p.session("Utifrån", scope.Staff, 0)
	p.shows("with another sponsor", p.child)
	p.exec("update app.staff_roles set ended_at = null where person_id = $1", p.person("Emelinda"))
	p.exec("update app.staff_roles set ended_at = now() where person_id = $1", p.person("Emelinda"))
	p.shows("after the first sponsor left once more", p.child)
	p.change(p.mine().Etag, 24*time.Hour, p.child).want(t, http.StatusOK, "") // without a word of the sponsor
	if got := one[uuid.UUID](p.town, "select sponsor_id from app.partnerships where role_id = $1", p.partnership); got != p.person("Leonorina") {
		t.Error("a change that names no sponsor took the one there was")
	}
}

// V10, U8: the review shows of a partner who vouched for them, for how many children, and what to look at; and the report keeps it.
func TestReviewShowsThePartnersSponsor(t *testing.T) {
	t.Parallel()
	p := newPartnered(t)
	p.change(p.mine().Etag, 29*24*time.Hour, p.child, p.other).want(t, http.StatusOK, "")
	p.exec("update app.staff_roles set ended_at = now() where person_id = $1", p.person("Emelinda"))
	p.exec("delete from auth.access_tokens where session_id in (select id from auth.sessions where person_id = $1)", p.partner)
	p.exec("delete from auth.sessions where person_id = $1", p.partner)
	review := p.openMonth(t)
	rows := p.reviewRows(t, p.boss, review, "?limit=100")
	at := slices.IndexFunc(rows, func(r reviewRow) bool { return r.PersonID == p.partner })
	if at < 0 {
		t.Fatal("the partner has no row")
	}
	row := rows[at]
	if row.Kind != "external_partner" || row.SponsorID != p.person("Emelinda") || row.SponsorName != "Emelinda "+surname("Emelinda") || row.NamedChildren != 2 {
		t.Errorf("the partner's row is %+v", row)
	}
	for _, finding := range []string{"sponsor_gone", "ends_soon", "never_signed_in"} {
		if !slices.Contains(row.Findings, finding) {
			t.Errorf("%s is not found: %v", finding, row.Findings)
		}
	}
	for _, r := range rows {
		if r.PersonID != p.partner && (r.NamedChildren != 0 || r.SponsorID != uuid.Nil || slices.Contains(r.Findings, "sponsor_gone")) {
			t.Errorf("somebody else's row has a sponsor: %+v", r)
		}
	}
}

// B9: the explanation names a partner while, and only while, the list shows them the child: since when, until when and who named it.
func TestExplainNamesPartners(t *testing.T) {
	t.Parallel()
	if inTheDark() {
		return // nothing is decided in this build, so there is nothing to explain
	}
	p := newPartnered(t)
	until := p.Clock.Now().Add(20 * 24 * time.Hour)
	p.change(p.mine().Etag, 20*24*time.Hour, p.child).want(t, http.StatusOK, "")
	says := func(what string, sees bool, reason access.Reason, status string) {
		t.Helper()
		people, got := p.explain(t, p.boss, p.child, "")
		got.want(t, http.StatusOK, "")
		at := slices.IndexFunc(people, func(e explained) bool { return e.PersonID == p.partner })
		if at < 0 {
			t.Fatalf("%s: nobody names the partner: %s", what, got.body)
		}
		who := people[at]
		if who.Sees != sees || who.Reason != string(reason) || who.Name != "Utifrån Testsson" || len(who.Grounds) != 1 || who.Grounds[0].Status != status ||
			who.Grounds[0].Role != "external_partner" || who.Grounds[0].DecidedByName != "Heddavina "+surname("Heddavina") ||
			who.Grounds[0].Until == nil || who.Grounds[0].Until.Sub(until).Abs() > time.Second {
			t.Errorf("%s: explained as %+v, want %t because of %s, %s", what, who, sees, reason, status)
		}
	}
	says("at first", true, access.RoleHere, "active")
	if got := p.do(call{path: "/v1/guardian/children/" + p.child.String() + "/viewers", token: p.session("Annelore", scope.Guardian, 0)}); strings.Contains(string(got.body), "external_partner") {
		t.Errorf("a guardian is told of the partner: %s", got.body)
	}
	p.exec("update app.persons set protected_identity = 'protected' where id = $1", p.child)
	says("after the child was protected", false, access.ProtectedIdentity, "active")
	p.exec("update app.persons set protected_identity = 'none' where id = $1", p.child)
	p.exec("update app.staff_roles set ended_at = now() where person_id = $1", p.person("Emelinda"))
	says("without a sponsor", false, access.NoRoleHere, "suspended")
	p.exec("update app.staff_roles set ended_at = null where person_id = $1", p.person("Emelinda"))
	p.restrict(p.boss, "Alfhildis", "Utifrån", "no_access")
	says("after a restriction", false, access.Restricted, "active")
}
