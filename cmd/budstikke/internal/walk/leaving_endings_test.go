package walk_test

import (
	"net/http"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
)

// ending is a way in which a right ends.
type ending struct {
	name    string
	by      []string // the operations by which people do it; none for registers, rules and time
	of      func(t *testing.T, x *exit) *leaver
	end     func(l *leaver)
	through through
	byTime  bool // nothing is recorded when it happens: the moment passes
}

// passes lets something be so without the statement that would have recorded it: a moment that came.
func (x *exit) passes(sql string, args ...any) {
	x.tb.Helper()
	tx, err := x.Admin.Begin(x.ctx)
	must(x.tb, err)
	for _, s := range []string{"set local session_replication_role = replica"} {
		_, err = tx.Exec(x.ctx, s)
		must(x.tb, err)
	}
	_, err = tx.Exec(x.ctx, sql, args...)
	must(x.tb, err)
	must(x.tb, tx.Commit(x.ctx))
}

// tap decides about a guardianship as the head does.
func (x *exit) tap(how string) func(l *leaver) {
	return func(l *leaver) {
		path := "/v1/office/guardianships/" + l.guardianship.String()
		x.do(call{method: http.MethodPost, path: path + how, token: x.boss, ifMatch: x.do(call{path: path, token: x.boss}).header.Get("ETag"),
			body: map[string]any{"reason": deactivationReason}}).want(x.tb, http.StatusOK, "")
	}
}

// blocks sets a restriction.
func (x *exit) blocks(l *leaver, kind string) {
	x.do(call{method: http.MethodPost, path: "/v1/office/children/" + l.child.String() + "/restrictions", token: x.boss,
		body: map[string]any{"personId": l.person, "kind": kind, "reason": deactivationReason}}).want(x.tb, http.StatusCreated, "")
}

func (x *exit) keepsOut(l *leaver) { x.blocks(l, "no_access") }

const (
	guardianshipOver = "update app.guardianships set ended_at = now(), register_end = now() where id = $1"
	childLeft        = "update app.enrolments set ended_at = now(), register_end = now() where child_id = $1"
	childNotYet      = "update app.enrolments set starts_at = now() + interval '1 day' where child_id = $1"
	timeUp           = "update app.guardianship_access set until = now() where guardianship_id = $1"
	blockBegins      = `insert into app.restrictions (municipality_id, id, child_id, person_id, kind, starts_at, reason_sealed, reason_key, set_by, set_at)
		select municipality_id, gen_random_uuid(), child_id, guardian_id, 'no_access', now(), '\x00', 1, guardian_id, now() from app.guardianships where id = $1`
)

// guardianEndings are those of one guardian and one child, each once for somebody who has nothing else and once for somebody who keeps another child.
func (x *exit) guardianEndings() (all []ending) {
	endings := []ending{
		{name: "deactivated", by: []string{"DeactivateGuardianship"}, end: x.tap("/deactivation")},
		{name: "suspended", by: []string{"SuspendGuardianship"}, end: x.tap("/suspension")},
		{name: "restricted", by: []string{"SetRestriction"}, end: x.keepsOut},
		{name: "a restriction begins", byTime: true, end: func(l *leaver) { x.passes(blockBegins, l.guardianship) }},
		{name: "ended in the register", end: func(l *leaver) { x.exec(guardianshipOver, l.guardianship) }},
		{name: "child left", end: func(l *leaver) { x.exec(childLeft, l.child) }},
		{name: "the child's last day passes", byTime: true, end: func(l *leaver) { x.passes(childLeft, l.child) }},
		{name: "the child's first day is later", end: func(l *leaver) { x.exec(childNotYet, l.child) }},
		{name: "time is set to be up", end: func(l *leaver) { x.exec(timeUp, l.guardianship) }},
		{name: "time is up", byTime: true, end: func(l *leaver) { x.passes(timeUp, l.guardianship) }},
	}
	for _, e := range endings {
		e.of, e.through = oneChild, gone
		if e.byTime {
			e.through = passed
		}
		e.through = e.through.but(links, absent)
		all = append(all, e)
		e.name, e.of, e.through = e.name+", with another child", twoChildren, lessened.but(links, absent)
		all = append(all, e)
	}
	// What they see of the child, what they have written, and the list that says in which thread something is, stays: nobody announces there any more.
	return append(all, ending{name: "restricted from contact", by: []string{"SetRestriction"}, of: aWriter, through: lessened.but(repeats, stays).but(shown, stays).but(links, absent),
		end: func(l *leaver) { x.blocks(l, "no_contact") }})
}

// aWriter is a guardian as the partner of a conversation.
func aWriter(t *testing.T, x *exit) *leaver {
	t.Helper()
	l := oneChild(t, x)
	l.asks = l.asks[len(l.asks)-1:]
	return l
}

// ruleEndings are those of a guardian with all that they have.
func (x *exit) ruleEndings() (all []ending) {
	endings := []ending{
		{name: "account ended by the head", by: []string{"EndGuardianAccount"}, end: func(l *leaver) { x.endFor(l.guardianship) }},
		{name: "account ended by themselves", by: []string{"EndAccount"}, end: func(l *leaver) {
			x.do(call{method: http.MethodDelete, path: ownAccount, token: l.session.access}).want(x.tb, http.StatusNoContent, "")
		}},
		// The next strong sign-in is the proof, and opens what the rule suspended.
		{name: "proof overdue", through: gone.but(returning, stays).but(shown, stays), end: func(l *leaver) {
			x.keepsReachable(l)
			x.age(l.given, 400)
			x.passOn()
		}},
	}
	for _, e := range endings {
		for name, of := range map[string]func(*testing.T, *exit) *leaver{"": oneChild, ", of two children": twoChildren} {
			one := e
			if one.name, one.of = e.name+name, of; one.through == (through{}) {
				one.through = gone
			}
			one.through[links] = absent
			all = append(all, one)
		}
	}
	return append(all,
		ending{name: "removed in a review", by: []string{"DecideReviewRows"}, of: oneChild, through: gone.but(links, absent), end: func(l *leaver) { x.removeInReview(l) }},
		ending{name: "not confirmed in a review", of: oneChild, through: gone.but(links, absent), end: func(l *leaver) { x.notConfirmed(l) }},
	)
}

// keepsReachable gives the children of a leaver another guardian, so that nobody goes on without a proof because an alert would reach nobody else (B2).
func (x *exit) keepsReachable(l *leaver) {
	x.tb.Helper()
	given, other := x.enter("Other")
	x.exec(`insert into app.guardianships (municipality_id, id, child_id, guardian_id, legal, basis, created_at)
		select municipality_id, gen_random_uuid(), child_id, $1, true, 'father', now() from app.guardianships where guardian_id = $2`, other, l.person)
	x.exec("update app.guardianship_access set status = 'active', version = version + 1 where guardian_id = $1", other)
	x.reachableBy(other)
	x.session(given, scope.Guardian, 0)
}

// reviewed opens the month's review with everybody who has come by now.
func (x *exit) reviewed() uuid.UUID {
	x.tb.Helper()
	x.passes("delete from app.review_rows")
	x.passes("delete from app.reviews")
	return x.openMonth(x.tb)
}

func (x *exit) removeInReview(l *leaver) {
	review := x.reviewed()
	grant := l.guardianship
	if l.kind == scope.Staff {
		grant = l.role
	}
	row := one[uuid.UUID](x.town, "select id from app.review_rows where review_id = $1 and grant_id = $2", review, grant)
	x.decideRow(x.tb, x.is[owner].token, review, row, "remove", "", deactivationReason).want(x.tb, http.StatusOK, "")
}

// notConfirmed lets everybody be suspended whom the review has no decision about; whoever has to go on working keeps their rows.
func (x *exit) notConfirmed(l *leaver) {
	review := x.reviewed()
	x.exec(`insert into app.review_rules (municipality_id, suspend_after_days, changed_by, changed_at) values ($1, 5, $2, now()) on conflict do nothing`, x.here, x.person("Kommunalia"))
	if l.kind == scope.Guardian {
		x.keepsReachable(l)
	}
	x.exec(`update app.review_rows set decision = 'keep', decided_by = $3, decided_at = now() where review_id = $1 and person_id <> $2`, review, l.person, x.person("Oddvarina"))
	x.exec("update app.reviews set due_on = due_on - 40 where id = $1", review)
	x.keepCalendar(x.tb)
}
