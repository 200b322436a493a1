package walk_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"budstikke.example/auth/access"
	"budstikke.example/migrations/scope"
)

// held is a role or a leave as the model has it: from a moment to another, the zero time being no end.
type held struct {
	id          uuid.UUID
	role        string
	from, until time.Time
}

func (h held) at(now time.Time) bool {
	return !h.from.After(now) && (h.until.IsZero() || h.until.After(now))
}

// colleague is somebody as the model has them.
type colleague struct {
	id    uuid.UUID
	roles []*held
	leave *held
}

// should tells whether somebody works at the kindergarten now.
func (c *colleague) should(now time.Time) bool {
	if c.leave != nil && c.leave.at(now) {
		return false
	}
	for _, r := range c.roles {
		if r.at(now) {
			return true
		}
	}
	return false
}

// staffModel is a few people at the kindergarten, beside those of the town, and what should be true of them.
type staffModel struct {
	*town
	rt          *rapid.T
	head, owner string
	place       uuid.UUID
	child       uuid.UUID
	people      []*colleague
}

// V5, V9, V11, B12: after any sequence of entering, leaves, ends, appointments, imports and passing time, who holds no role at this moment, or is on
// leave, is refused the children by the policy and by row-level security, each by itself; who holds one is let in by both. 200 sequences.
func TestStaffSequences(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	tried := map[string]int{}
	for range 2 {
		rapid.Check(t, func(rt *rapid.T) {
			m := &staffModel{town: w, rt: rt, head: is[head].token, owner: is[owner].token, place: w.institution(kindergarten), child: w.person("Alfhildis")}
			for range 2 {
				m.hireOne()
			}
			for range rapid.IntRange(3, 7).Draw(rt, "steps") {
				step := rapid.SampledFrom([]string{"enter", "enter", "end", "leave", "return", "appoint", "import", "time", "time"}).Draw(rt, "step")
				if m.step(step) {
					tried[step]++
				}
				m.check(step, tried)
			}
		})
	}
	for _, what := range []string{"enter", "end", "leave", "return", "appoint", "import", "time", "let in", "kept out"} {
		if tried[what] < 20 {
			t.Errorf("the sequences tried %q %d times: %v", what, tried[what], tried)
		}
	}
	t.Logf("%v", tried)
}

func (m *staffModel) hireOne() {
	c := &colleague{id: newID()}
	m.exec(`insert into app.persons (municipality_id, id, given_name, family_name, created_at) values ($1, $2, 'Slumpa', 'Testsson', now())`, m.here, c.id)
	role := &held{id: newID(), role: "employee", from: time.Now().Add(-time.Hour).Truncate(time.Microsecond)}
	m.exec(`insert into app.staff_roles (municipality_id, id, person_id, institution_id, role, created_at, starts_at) values ($1, $2, $3, $4, $5, $6, $6)`,
		m.here, role.id, c.id, m.place, role.role, role.from)
	c.roles = append(c.roles, role)
	m.people = append(m.people, c)
}

// step does something, and tells whether it was done.
func (m *staffModel) step(what string) bool {
	c := rapid.SampledFrom(m.people).Draw(m.rt, "who")
	switch what {
	case "enter":
		return m.enter(c)
	case "appoint":
		return m.appoint(c)
	case "end":
		return m.end(c)
	case "leave", "return":
		return m.away(c, what)
	case "import":
		return m.imported(c)
	}
	m.pass(rapid.SampledFrom([]time.Duration{7 * time.Hour, 26 * time.Hour, 75 * time.Hour}).Draw(m.rt, "hours"))
	return true
}

// days draws a first and a last day; last < first is no last day.
func (m *staffModel) days() (body map[string]any, from, until time.Time) {
	first := rapid.IntRange(-1, 3).Draw(m.rt, "first")
	last := max(rapid.IntRange(-1, 5).Draw(m.rt, "last"), max(first, 0)) // what has passed or is reversed is refused: tests of their own
	return map[string]any{"firstDay": m.day(first), "lastDay": m.day(last)}, m.midnight(first), m.midnight(last + 1)
}

func (m *staffModel) enter(c *colleague) bool {
	body, from, until := m.days()
	body["personId"], body["role"] = c.id, rapid.SampledFrom([]string{"leader", "employee", "substitute"}).Draw(m.rt, "role")
	got := m.office(http.MethodPost, kindergarten, "/staff-roles", m.head, body)
	if got.status != http.StatusCreated {
		m.refusedFor(got, "staff_role_exists", "not_found") // not found: who has never worked here, and nobody meets now
		return false
	}
	c.roles = append(c.roles, &held{got.id(m.tb), body["role"].(string), from, until})
	return true
}

func (m *staffModel) appoint(c *colleague) bool {
	body, from, until := m.days()
	body["personId"] = c.id
	got := m.office(http.MethodPost, kindergarten, "/heads", m.owner, body)
	if got.status != http.StatusCreated {
		m.refusedFor(got, "staff_role_exists")
		return false
	}
	c.roles = append(c.roles, &held{got.id(m.tb), "head", from, until})
	return true
}

func (m *staffModel) end(c *colleague) bool {
	r := rapid.SampledFrom(c.roles).Draw(m.rt, "role")
	body, until := map[string]any{"takeOver": true}, time.Now()
	if ahead := rapid.IntRange(-1, 2).Draw(m.rt, "last"); ahead >= 0 {
		body["lastDay"], until = m.day(ahead), m.midnight(ahead+1)
	}
	got := m.office(http.MethodPost, kindergarten, "/staff-roles/"+r.id.String()+"/end", m.owner, body)
	if got.status != http.StatusOK {
		m.refusedFor(got, "not_found", "end_before_start")
		return false
	}
	r.until = until
	return true
}

func (m *staffModel) away(c *colleague, what string) bool {
	path := "/staff/" + c.id.String() + "/leave"
	if what == "return" {
		got := m.office(http.MethodDelete, kindergarten, path, m.owner, nil)
		if got.status != http.StatusNoContent {
			m.refusedFor(got, "not_found")
			return false
		}
		c.leave = nil
		return true
	}
	body, from, until := m.days()
	if rapid.Bool().Draw(m.rt, "open") {
		delete(body, "lastDay")
		until = time.Time{}
	}
	body["takeOver"] = true
	got := m.office(http.MethodPut, kindergarten, path, m.owner, body)
	if got.status != http.StatusOK {
		m.refusedFor(got, "not_found", "leave_running")
		return false
	}
	if c.leave != nil && c.leave.at(time.Now()) {
		from = c.leave.from
	}
	c.leave = &held{from: from, until: until}
	return true
}

// imported does what an import does to roles: it brings one in, without an end if it is a substitute's, or ends one that a register has.
func (m *staffModel) imported(c *colleague) bool {
	if rapid.Bool().Draw(m.rt, "brings") {
		r := &held{id: newID(), role: rapid.SampledFrom([]string{"leader", "substitute"}).Draw(m.rt, "role"), from: time.Now().Truncate(time.Microsecond)}
		if m.asRegister(`insert into app.staff_roles (municipality_id, id, person_id, institution_id, role, created_at)
			values ($1, $2, $3, $4, $5, $6)`, m.here, r.id, c.id, m.place, r.role, r.from) != 1 {
			m.rt.Fatal("an import brought no role in")
		}
		r.from = time.Time{}
		if r.role == "substitute" {
			y, mo, d := time.Now().In(m.midnight(0).Location()).Date()
			r.until = time.Date(y, mo, d+30, 0, 0, 0, 0, m.midnight(0).Location())
			// B12: the municipality's usual end; the next import, which gives none either, does not prolong it.
			m.asRegister("update app.staff_roles set ended_at = null, register_end = null where id = $1", r.id)
			if at := one[time.Time](m.town, "select ended_at from app.staff_roles where id = $1 and end_by_default", r.id); !at.Equal(r.until) {
				m.rt.Fatalf("a substitute without a last day ends %s, want %s", at, r.until)
			}
		}
		c.roles = append(c.roles, r)
		return true
	}
	r := rapid.SampledFrom(c.roles).Draw(m.rt, "role")
	if m.asRegister(`update app.staff_roles set ended_at = now(), register_end = now()
		where id = $1 and ended_at is not distinct from register_end and (ended_at is null or ended_at > now())`, r.id) == 1 {
		r.until = time.Now()
	}
	return true
}

func (m *staffModel) asRegister(sql string, args ...any) (rows int64) {
	err := m.API.WithScope(m.ctx, scope.Of(m.here, scope.Register), func(tx *scope.Tx) error {
		tag, err := tx.Exec(m.ctx, sql, args...)
		rows = tag.RowsAffected()
		return err
	})
	must(m.tb, err)
	return rows
}

// pass lets time pass for these people: everything that is written about them lies further back.
func (m *staffModel) pass(d time.Duration) {
	ids := make([]uuid.UUID, len(m.people))
	back := func(t *time.Time) {
		if !t.IsZero() {
			*t = t.Add(-d)
		}
	}
	for i, c := range m.people {
		ids[i] = c.id
		for _, r := range c.roles {
			back(&r.from)
			back(&r.until)
		}
		if c.leave != nil {
			back(&c.leave.from)
			back(&c.leave.until)
		}
	}
	tx, err := m.Admin.Begin(m.ctx)
	must(m.tb, err)
	defer func() { must(m.tb, tx.Commit(m.ctx)) }()
	for _, sql := range []string{"set local session_replication_role = replica", // no trigger: nobody has written anything
		fmt.Sprintf(`update app.staff_roles set created_at = created_at - interval '%[1]d s', starts_at = starts_at - interval '%[1]d s',
			ended_at = ended_at - interval '%[1]d s', register_end = register_end - interval '%[1]d s' where person_id = any($1)`, int(d.Seconds())),
		fmt.Sprintf(`update app.staff_leaves set starts_at = starts_at - interval '%[1]d s', until = until - interval '%[1]d s' where person_id = any($1)`, int(d.Seconds())),
	} {
		var args []any
		if sql[0] == 'u' {
			args = []any{ids}
		}
		_, err := tx.Exec(m.ctx, sql, args...)
		must(m.tb, err)
	}
}

func (m *staffModel) refusedFor(got reply, codes ...string) {
	for _, code := range codes {
		if got.code == code {
			return
		}
	}
	m.rt.Fatalf("answered %d %s: %s", got.status, got.code, got.body)
}

// check asks both keepers of the rule about everybody.
func (m *staffModel) check(after string, tried map[string]int) {
	policy, _ := access.Of("ListInstitutionChildren")
	off := access.Decide(access.Subject{}, access.Policy{}, access.Facts{}, access.Env{}).Allow // the build without a policy
	for _, c := range m.people {
		var seen int
		var roles []string
		err := m.API.WithScope(m.ctx, scope.Of(m.here, scope.Staff), func(tx *scope.Tx) error {
			if _, err := tx.Exec(m.ctx, "select scope.open($1, $2, 'staff')", m.here, c.id); err != nil {
				return err
			}
			return m.asks(tx, &seen, &roles)
		})
		must(m.tb, err)
		should := c.should(time.Now())
		subject := access.Subject{Caller: access.Staff, Active: true, Strong: true, Roles: access.RolesOf(roles)}
		decided := access.Decide(subject, policy, access.Facts{Found: true, Roles: access.RolesOf(roles), Protection: access.Unprotected}, access.Env{Now: time.Now()})
		if (seen == 1) != should || decided.Allow != should && !off {
			m.rt.Fatalf("after %s: row-level security shows %d children and the policy says %t (%s, %v), and it should be %t: %+v, on leave %+v",
				after, seen, decided.Allow, decided.Reason, roles, should, c.roles, c.leave)
		}
		tried[map[bool]string{true: "let in", false: "kept out"}[should]]++
	}
}

func (m *staffModel) asks(tx *scope.Tx, seen *int, roles *[]string) error {
	ctx := context.WithoutCancel(m.ctx)
	return tx.QueryRow(ctx, `select (select count(*) from app.persons where id = $1), f.roles from app.facts('institution', $2) f`,
		m.child, m.place).Scan(seen, roles)
}
