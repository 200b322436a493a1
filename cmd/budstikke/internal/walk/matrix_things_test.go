package walk_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/descope/virtualwebauthn"
	"github.com/google/uuid"

	"budstikke.example/auth"
	"budstikke.example/auth/access"
	"budstikke.example/migrations/scope"
)

// bosses are the heads of the institutions.
var bosses = map[string]who{kindergarten: head, school: rektor, abroad: utrikine}

// things gives every child everything that an operation can name, while the right guardian still has access to all of them.
func (m *matrix) things() {
	own := map[who][2]uuid.UUID{}
	for _, x := range m.targets {
		x.none = nothing()
		x.ids = x.none
		if x.relation == unknownChild {
			continue
		}
		token, boss, given := m.is[x.rightful].token, m.is[bosses[x.place]].token, m.is[x.rightful].given
		i := &x.ids
		i.Child, i.Institution, i.Guardianship = m.person(x.given), m.institution(x.place), m.guardianship(given, x.given)
		i.Municipality = one[uuid.UUID](m.town, "select municipality_id from app.persons where id = $1", i.Child)
		i.Group = m.groupOf(x.given)
		i.Absence, _ = m.absence(token, i.Child, noteOf(x.given))
		i.Conversation = m.thread(token, i.Child, textOf(x.given))
		i.Alert = one[uuid.UUID](m.town, "select id from app.alerts where institution_id = $1 limit 1", i.Institution)
		i.Tablet = m.enrolled(x).id
		i.Restriction = m.restrict(boss, x.given, given, "no_photo").id(m.tb)
		i.Staff = m.hire(x.place, "leader")
		i.StaffRole = m.roleOf(i.Staff)
		i.Protected, i.Clearance = m.hidden(x)
		i.Partnership = m.partnershipAt(x.place, "Partnerina", i.Staff, m.person(m.is[bosses[x.place]].given), i.Child)
		i.Review, i.ReviewRow = m.review(x)
		x.report = m.report(x)
		i.Month = m.revision(x)
		i.Application, i.HeldChange, i.Case = m.queue(x), m.hold(x), m.caseOf(x)
		if own[x.rightful] == [2]uuid.UUID{} { // one of each: a person has so many sessions and no more
			own[x.rightful] = [2]uuid.UUID{uuid.MustParse(m.family(given, scope.Guardian).session), m.keep(given, scope.Guardian, newKey())}
		}
		i.Session, i.Passkey = own[x.rightful][0], own[x.rightful][1]
		i.etag = `"1"`
	}
}

// hidden is somebody who works at the institution and whose name is kept, with the clearance of a colleague; the head is cleared, too (B8).
func (m *matrix) hidden(x *target) (person, clearance uuid.UUID) {
	m.tb.Helper()
	person = m.hire(x.place, "leader")
	m.exec("update app.persons set protected_identity = 'protected' where id = $1", person)
	m.clear(m.is[bosses[x.place]].given, person)
	return person, m.clearByID(x.ids.Staff, person)
}

// enrolled is a tablet of the child's group.
func (m *matrix) enrolled(x *target) sharedTablet {
	m.tb.Helper()
	return m.tabletBy(m.is[bosses[x.place]].token, x.ids.Municipality, x.ids.Group)
}

// review is an open review of the institution, with one row: the role of somebody who works there.
func (m *matrix) review(x *target) (review, row uuid.UUID) {
	m.tb.Helper()
	review, row = newID(), newID()
	m.exec(`insert into app.reviews (municipality_id, id, institution_id, month, opened_at, due_on, quiet_days)
		values ($1, $2, $3, date '2019-12-01' - make_interval(months => $4), now(), current_date + 7, 60)`,
		x.ids.Municipality, review, x.ids.Institution, m.months.Add(1))
	m.exec(`insert into app.review_rows (municipality_id, review_id, id, institution_id, position, kind, grant_id, person_id, role, granted_at, findings)
		select municipality_id, $1, $2, institution_id, 1, 'staff', id, person_id, role, created_at, '{}' from app.staff_roles where id = $3`, review, row, x.ids.StaffRole)
	return review, row
}

// report is a review that the head has completed.
func (m *matrix) report(x *target) uuid.UUID {
	m.tb.Helper()
	review, row := m.review(x)
	m.exec("update app.review_rows set decision = 'keep', decided_by = $2, decided_at = now(), outcome = 'done' where id = $1", row, m.person(m.is[bosses[x.place]].given))
	m.complete(review, m.is[bosses[x.place]].token)
	return review
}

// revision is an open revision of the routine at the institution, of a January of its own, with one point.
func (m *matrix) revision(x *target) (month string) {
	m.tb.Helper()
	id := newID()
	m.exec("insert into app.revisions (municipality_id, id, institution_id, month, opened_at, due_on) values ($1, $2, $3, make_date(2100 + $4, 1, 1), now(), current_date + 7)",
		x.ids.Municipality, id, x.ids.Institution, m.months.Add(1))
	m.exec("insert into app.revision_points (municipality_id, revision_id, point, institution_id, position) values ($1, $2, 'roles', $3, 1)",
		x.ids.Municipality, id, x.ids.Institution)
	return one[string](m.town, "select to_char(month, 'YYYY-MM') from app.revisions where id = $1", id)
}

// somebody is a new person of the municipality: one person has one application, and one case, at a time.
func (m *matrix) somebody(x *target) uuid.UUID {
	id := newID()
	m.exec("insert into app.persons (municipality_id, id, given_name, family_name, created_at) values ($1, $2, 'Sökande', 'Testsson', now())", x.ids.Municipality, id)
	return id
}

// queue is an application that waits for the heads of the institution.
func (m *matrix) queue(x *target) uuid.UUID {
	m.tb.Helper()
	id, person := newID(), m.somebody(x)
	m.exec(`insert into app.applications (municipality_id, id, person_id, state, locale, created_at, submitted_at) values ($1, $2, $3, 'queued', 'sv', $4, $4)`,
		x.ids.Municipality, id, person, m.Clock.Now())
	m.exec("insert into app.application_places values ($1, $2, $3)", x.ids.Municipality, id, x.ids.Institution)
	return id
}

// hold is what a register wants changed about the child, and what waits for the heads of the institution.
func (m *matrix) hold(x *target) uuid.UUID {
	m.tb.Helper()
	id := newID()
	m.exec(`insert into app.held_changes (municipality_id, id, kind, row_id, person_id, child_id, institutions, source, file_name, was, wants, since, seen_at, two_people)
		values ($1, $2, 'guardianship_returns', $3, $4, $5, array[$6::uuid], 'lists', 'lists.csv', 'ended', 'in_force', $7, $7, false)`,
		x.ids.Municipality, id, newID(), m.person(m.is[x.rightful].given), x.ids.Child, x.ids.Institution, m.Clock.Now())
	return id
}

// caseOf is the guardian's account that one of the staff has asked for, and that another one decides about.
func (m *matrix) caseOf(x *target) uuid.UUID {
	m.tb.Helper()
	id := newID()
	m.exec(`insert into app.assisted_cases (municipality_id, id, institution_id, guardianship_id, person_id, child_id, shown, note, username, state, opened_by, opened_at, expires_at)
		select g.municipality_id, $1, $2, g.id, $7, g.child_id, 'passport', '', $6, 'waiting', $3, $4::timestamptz, $4::timestamptz + interval '1 hour'
		from app.guardianships g where g.id = $5`, id, x.ids.Institution, x.ids.Staff, m.Clock.Now(), x.ids.Guardianship, fmt.Sprintf("gast-%s@example.com", id), m.somebody(x))
	return id
}

// fresh makes what a cell that lets somebody in uses up, so that each finds things as the next one does.
var fresh = map[string]func(m *matrix, caller who, x *target) ids{
	"DecideApplication":  with1(func(m *matrix, x *target, i *ids) { i.Application = m.queue(x) }),
	"DecideAssistedCase": with1(func(m *matrix, x *target, i *ids) { i.Case = m.caseOf(x) }),
	"OpenAssistedCase": with1(func(m *matrix, x *target, _ *ids) {
		m.exec("delete from app.assisted_cases where person_id = $1", m.person(m.is[x.rightful].given))
	}),
	"InviteStaff":     with1(func(m *matrix, x *target, i *ids) { i.Staff = m.hire(x.place, "leader") }),
	"EndStaffAccount": with1(func(m *matrix, x *target, i *ids) { i.Staff = m.hire(x.place, "leader") }),
	"SetLeave":        with1(func(m *matrix, x *target, i *ids) { i.Staff = m.hire(x.place, "leader") }),
	"EndStaffRole": with1(func(m *matrix, x *target, i *ids) {
		i.Staff = m.hire(x.place, "leader")
		i.StaffRole = m.roleOf(i.Staff)
	}),
	"EndLeave": with1(func(m *matrix, x *target, i *ids) {
		i.Staff = m.hire(x.place, "leader")
		m.exec(`insert into app.staff_leaves (municipality_id, id, person_id, institution_id, starts_at, set_by, set_at)
			values ($1, $2, $3, $4, now() - interval '1 minute', $3, now())`, i.Municipality, newID(), i.Staff, i.Institution)
	}),
	"SetSharedUserRule": with1((*matrix).newGroup), "RotateSharedUser": with1((*matrix).newGroup), "StartTabletEnrolment": with1((*matrix).newGroup),
	"RemoveTablet": with1(func(m *matrix, x *target, i *ids) {
		m.newGroup(x, i)
		i.Tablet = m.tabletBy(m.is[bosses[x.place]].token, i.Municipality, i.Group).id
	}),
	"CorrectTraining": with1(func(m *matrix, x *target, i *ids) {
		m.exec(`insert into app.trainings (municipality_id, id, institution_id, person_id, routine, trained_on, recorded_by, recorded_at)
			values ($1, $2, $3, $4, 'messages', $5, $6, now()) on conflict do nothing`, i.Municipality, newID(), i.Institution, i.Staff, m.day(-3), m.person(m.is[bosses[x.place]].given))
	}),
	"ConfirmRevisionPoint": with1(func(m *matrix, x *target, i *ids) { i.Month = m.revision(x) }),
	"CompleteRevision": with1(func(m *matrix, x *target, i *ids) {
		i.Month = m.revision(x)
		m.exec(`update app.revision_points set confirmed_by = $1, confirmed_at = now() where revision_id =
			(select id from app.revisions where institution_id = $2 and to_char(month, 'YYYY-MM') = $3)`, i.Staff, i.Institution, i.Month)
	}),
	"ChangeProfessional": with1((*matrix).newProfessional), "EndProfessional": with1((*matrix).newProfessional),
	"DecideReviewRows": with1(func(m *matrix, x *target, i *ids) { i.Review, i.ReviewRow = m.review(x) }),
	"KeepReviewRows":   with1(func(m *matrix, x *target, i *ids) { i.Review, i.ReviewRow = m.review(x) }),
	"EndSession": func(m *matrix, caller who, x *target) ids {
		i := x.ids
		i.Session = uuid.MustParse(m.family(m.is[caller].given, m.is[caller].kind).session)
		return i
	},
	"RemovePasskey": func(m *matrix, caller who, x *target) ids {
		i := x.ids
		i.Passkey = m.keep(m.is[caller].given, m.is[caller].kind, newKey())
		return i
	},
	"GetReviewReport":     with1(func(_ *matrix, x *target, i *ids) { i.Review = x.report }),
	"AcceptNewTerms":      func(m *matrix, caller who, x *target) ids { m.termsAhead(caller); return x.ids },
	"WithdrawApplication": func(m *matrix, caller who, x *target) ids { m.openAgain(caller); return x.ids },
}

// with1 makes something new about a target, whoever asks for it.
func with1(make func(m *matrix, x *target, i *ids)) func(*matrix, who, *target) ids {
	return func(m *matrix, _ who, x *target) ids {
		i := x.ids
		make(m, x, &i)
		return i
	}
}

// newGroup is a group of the institution without anybody in it.
func (m *matrix) newGroup(_ *target, i *ids) {
	i.Group = newID()
	m.exec("insert into app.groups (municipality_id, id, institution_id, name, created_at) values ($1, $2, $3, $4, now())",
		i.Municipality, i.Group, i.Institution, "Grupp "+i.Group.String())
}

// asked are the bodies that fit a target better than those of the walk's table.
var asked = map[string]func(x *target, w *walk, caller who) any{
	"DecideAssistedCase": func(*target, *walk, who) any {
		return map[string]any{"decision": "refused", "reason": deactivationReason}
	},
	"AddPasskey": passkeyOf,
	"RecordTraining": func(x *target, w *walk, _ who) any { // of somebody who works at the target's place
		return map[string]any{"personId": x.ids.Staff, "routines": []string{"messages"}, "day": w.day(0)}
	},
	"CorrectTraining": func(x *target, w *walk, _ who) any {
		return map[string]any{"personId": x.ids.Staff, "routine": "messages", "day": w.day(-3), "reason": "Fel dag."}
	},
	"InviteExternalPartner": partnerOf, "EnterProfessional": professionalOf,
	"SetRestriction": func(x *target, w *walk, _ who) any {
		given := "Annelore"
		if x.relation != unknownChild {
			given = w.is[x.rightful].given
		}
		w.unset(given, "no_pickup")
		return w.restrictionOf(given, "no_pickup")
	},
}

// passkeyOf is what the browser of somebody answers who makes a passkey, or of somebody who was not asked to.
func passkeyOf(_ *target, w *walk, caller who) any {
	k := newKey()
	if kind := kindOf(caller); kind != access.Guardian && kind != access.Staff || slices.Contains(weak, caller) {
		return map[string]any{"name": "Ny", "credential": k.made(w.tb, virtualwebauthn.AttestationOptions{Challenge: make([]byte, 32)})}
	}
	return map[string]any{"name": "Ny", "credential": k.answer(w.tb, w.do(w.startPasskey(w.is[caller].token, "")))}
}

// secrets are those of ours that are no session: whoever has one is nobody.
func (m *matrix) secrets() {
	holder, _ := auth.NewHolder(m.here)
	feed := m.do(call{method: http.MethodPost, path: "/v1/office/institutions/" + m.institution(kindergarten).String() + "/wheel-link", token: m.is[head].token,
		body: map[string]any{"locale": "nb"}}).want(m.tb, http.StatusCreated, "").text(m.tb, "path")
	for caller, secret := range map[who]string{
		byRefresh: m.family("Annelore", scope.Guardian).refresh, byFeed: feed[strings.LastIndex(feed, "/")+1:], byMail: nothing().token, byHolder: holder.Reveal(),
	} {
		m.is[caller] = actor{token: secret}
	}
}
