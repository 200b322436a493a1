package walk_test

import (
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"
)

const (
	roleOver    = "update app.staff_roles set ended_at = now(), register_end = now() where id = $1"
	leaveBegins = `insert into app.staff_leaves (municipality_id, id, person_id, institution_id, starts_at, set_by, set_at)
		select municipality_id, gen_random_uuid(), person_id, institution_id, now(), person_id, now() from app.staff_roles where id = $1`
	sponsorGone  = "update app.staff_roles set ended_at = now() where person_id = (select sponsor_id from app.partnerships where role_id = $1)"
	sponsorLeave = `insert into app.staff_leaves (municipality_id, id, person_id, institution_id, starts_at, set_by, set_at)
		select q.municipality_id, gen_random_uuid(), q.sponsor_id, r.institution_id, now(), q.sponsor_id, now()
		from app.partnerships q join app.staff_roles r on r.id = q.role_id where q.role_id = $1`
	blockOfStaff = `insert into app.restrictions (municipality_id, id, child_id, person_id, kind, starts_at, reason_sealed, reason_key, set_by, set_at)
		select $1, gen_random_uuid(), $2, $3, 'no_access', now(), '\x00', 1, $3, now()`
)

// endRole ends a role as whoever stands above it does.
func (x *exit) endRole(l *leaver) {
	x.office(http.MethodPost, kindergarten, "/staff-roles/"+l.role.String()+"/end", x.is[owner].token, map[string]any{}).want(x.tb, http.StatusOK, "")
}

// staffEndings are those of people who work at the institution.
func (x *exit) staffEndings() []ending {
	boss := x.is[owner].token
	desk := gone
	work := gone.but(links, absent)
	child := lessened.but(links, absent)
	return []ending{
		{name: "role ended", by: []string{"EndStaffRole"}, of: anEmployee, through: work, end: x.endRole},
		{name: "head's role ended", by: []string{"EndStaffRole"}, of: aHead, through: desk, end: x.endRole},
		{name: "replaced as head", by: []string{"AppointHead"}, of: aHead, through: desk, end: func(l *leaver) {
			x.office(http.MethodPost, kindergarten, "/heads", boss, map[string]any{"newcomer": newcomer("Efter" + l.given), "replaces": map[string]any{"staffRoleId": l.role}}).want(x.tb, http.StatusCreated, "")
		}},
		{name: "sent on leave", by: []string{"SetLeave"}, of: anEmployee, through: work, end: func(l *leaver) {
			x.office(http.MethodPut, kindergarten, "/staff/"+l.person.String()+"/leave", boss, map[string]any{}).want(x.tb, http.StatusOK, "")
		}},
		{name: "a leave begins", of: aHead, through: passed, byTime: true, end: func(l *leaver) { x.passes(leaveBegins, l.role) }},
		{name: "the last day passes", of: aHead, through: passed, byTime: true, end: func(l *leaver) { x.passes(roleOver, l.role) }},
		{name: "a substitute's time is up", of: aSubstitute, through: passed.but(links, absent).but(repeats, absent), byTime: true, end: func(l *leaver) { x.passes(roleOver, l.role) }},
		{name: "ended in the register", of: anEmployee, through: work, end: func(l *leaver) { x.exec(roleOver, l.role) }},
		// What the role gives, it gives again to whoever is written another letter, or comes in by a directory.
		{name: "account ended by the head", by: []string{"EndStaffAccount"}, of: aHead, through: desk.but(returning, stays).but(shown, stays), end: func(l *leaver) {
			x.office(http.MethodDelete, kindergarten, "/staff-accounts/"+l.person.String(), boss, nil).want(x.tb, http.StatusNoContent, "")
		}},
		{name: "removed in a review", by: []string{"DecideReviewRows"}, of: anEmployee, through: work, end: x.removeInReview},
		{name: "not confirmed in a review", of: anEmployee, through: work, end: x.notConfirmed},
		{name: "restricted from a child", by: []string{"SetRestriction"}, of: aLeader, through: child, end: x.keepsOut},
		{name: "a restriction from a child begins", of: aLeader, through: child, byTime: true, end: func(l *leaver) { x.passes(blockOfStaff, x.here, l.child, l.person) }},
	}
}

// outsideEndings are those of partners and professionals. They are told nothing by the gateway.
func (x *exit) outsideEndings() []ending {
	at := func(t through) through {
		return t.but(repeats, absent).but(underWay, absent).but(shown, absent).but(raised, absent).but(links, absent)
	}
	path := func(kind string, l *leaver) string {
		return "/v1/office/institutions/" + x.institution(kindergarten).String() + "/" + kind + "/" + l.role.String()
	}
	without := func(kind, token string) func(*leaver) {
		return func(l *leaver) {
			version := one[int](x.town, "select version from app.partnerships where role_id = $1", l.role)
			x.do(call{method: http.MethodPut, path: path(kind, l), token: token, ifMatch: strconv.Quote(strconv.Itoa(version)),
				body: map[string]any{"childIds": []uuid.UUID{x.person("Caspianus")}, "until": x.Clock.Now().Add(20 * 24 * time.Hour)}}).want(x.tb, http.StatusOK, "")
		}
	}
	return []ending{
		{name: "partner ended", by: []string{"EndExternalPartner"}, of: aPartner, through: at(gone), end: func(l *leaver) {
			x.do(call{method: http.MethodDelete, path: path("external-partners", l), token: x.boss}).want(x.tb, http.StatusNoContent, "")
		}},
		{name: "professional ended", by: []string{"EndProfessional"}, of: aProfessional, through: at(gone), end: func(l *leaver) {
			x.do(call{method: http.MethodDelete, path: path("professionals", l), token: x.is[owner].token}).want(x.tb, http.StatusNoContent, "")
		}},
		{name: "a partner's time is up", of: aPartner, through: at(passed), byTime: true, end: func(l *leaver) { x.passes(roleOver, l.role) }},
		{name: "a professional's time is up", of: aProfessional, through: at(passed), byTime: true, end: func(l *leaver) { x.passes(roleOver, l.role) }},
		{name: "a child less for a partner", by: []string{"ChangeExternalPartner"}, of: aPartner, through: at(lessened), end: without("external-partners", x.boss)},
		{name: "a child less for a professional", by: []string{"ChangeProfessional"}, of: aProfessional, through: at(lessened), end: without("professionals", x.is[owner].token)},
		{name: "the sponsor's role ends", of: aPartner, through: at(gone), end: func(l *leaver) { x.exec(sponsorGone, l.role) }},
		{name: "the sponsor's last day passes", of: aPartner, through: at(passed), byTime: true, end: func(l *leaver) { x.passes(sponsorGone, l.role) }},
		{name: "the sponsor goes on leave", of: aPartner, through: at(gone), end: func(l *leaver) { x.exec(sponsorLeave, l.role) }},
		{name: "the sponsor's leave begins", of: aPartner, through: at(passed), byTime: true, end: func(l *leaver) { x.passes(sponsorLeave, l.role) }},
		{name: "a partner's account ended", by: []string{"EndStaffAccount"}, of: aPartner, through: at(gone).but(returning, stays), end: func(l *leaver) {
			x.office(http.MethodDelete, kindergarten, "/staff-accounts/"+l.person.String(), x.boss, nil).want(x.tb, http.StatusNoContent, "")
		}},
		{name: "restricted", by: []string{"SetRestriction"}, of: aPartner, through: at(lessened), end: x.keepsOut},
		{name: "removed in a review", by: []string{"DecideReviewRows"}, of: aPartner, through: at(gone), end: x.removeInReview},
		{name: "not confirmed in a review", of: aPartner, through: at(gone), end: x.notConfirmed},
	}
}
