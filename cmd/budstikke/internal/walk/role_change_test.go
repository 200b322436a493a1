package walk_test

import (
	"crypto/hkdf"
	"crypto/sha256"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/auth/store"
	"budstikke.example/migrations/scope"
	"budstikke.example/notify/confirm"
)

// running is everything that runs for somebody who works with one group, while their role changes.
type running struct {
	*leaver
	group  uuid.UUID
	tab    sharedTablet
	work   string    // on the tablet
	second uuid.UUID // leads to a second factor for the work
	mailed string    // a link that waits in their mailbox: they are a guardian, too
}

// what is asked of it afterwards.
const (
	worksOn   = "the work"
	goesOn    = "the refresh"
	listens   = "the stream"
	onTablet  = "the work on the tablet"
	leads     = "what leads to a second factor"
	confirms  = "the link in a mail"
	headsDesk = "the desk of a head"
	headsAnew = "the desk of a head, signed in anew"
)

// roleChange is one row: what changes, for somebody who came in with one factor or two, and what of all that is open afterwards; the rest is shut.
type roleChange struct {
	name   string
	two    bool
	change func(x *exit, r *running)
	open   []string
}

const (
	anotherRole = `insert into app.staff_roles (municipality_id, id, person_id, institution_id, group_id, role, created_at, ended_at)
		select municipality_id, gen_random_uuid(), person_id, institution_id, $2, $3, now(), null from app.staff_roles where id = $1`
	groupBeside = "insert into app.groups (municipality_id, id, institution_id, name, created_at) values ($1, $2, $3, $4, now())"
)

// roleChanges are the ways in which a role changes under what runs (V9, V11, V15, U5). A stream ends whenever the work does not stay what it was: the app
// opens it anew, with a token that is asked about again. Whoever came in with one factor comes in anew for every role that is new.
var roleChanges = []roleChange{
	{"nothing, with one factor", false, func(*exit, *running) {}, []string{worksOn, goesOn, listens, onTablet, leads, confirms}},
	{"nothing, with two", true, func(*exit, *running) {}, []string{worksOn, goesOn, listens, onTablet, leads, confirms}},
	{"made head, with one factor", false, func(x *exit, r *running) { x.exec(anotherRole, r.role, nil, "head") }, []string{onTablet, leads, confirms, headsAnew}},
	{"made head, with two", true, func(x *exit, r *running) { x.exec(anotherRole, r.role, nil, "head") }, []string{worksOn, goesOn, onTablet, leads, confirms, headsDesk, headsAnew}},
	{"a second group, with one factor", false, func(x *exit, r *running) { x.exec(anotherRole, r.role, nil, "employee") }, []string{onTablet, leads, confirms}},
	{"another group, with two", true, func(x *exit, r *running) {
		beside := newID()
		x.exec(groupBeside, x.here, beside, x.institution(kindergarten), "Beside "+r.given)
		x.exec("update app.staff_roles set group_id = $2 where id = $1", r.role, beside)
	}, []string{worksOn, goesOn, leads, confirms}},
	{"head no more, in the session in which they were", true, func(x *exit, r *running) {
		x.exec("update app.staff_roles set role = 'head' where id = $1", r.role)
		x.do(r.desk(x, r.session.access)).want(x.tb, http.StatusOK, "")
		x.exec("update app.staff_roles set role = 'employee' where id = $1", r.role)
	}, []string{worksOn, goesOn, listens, onTablet, leads, confirms}},
	{"the role ends", true, func(x *exit, r *running) { x.endRole(r.leaver) }, []string{confirms}},
	{"the role ends and comes back", true, func(x *exit, r *running) {
		x.endRole(r.leaver)
		x.exec(anotherRole, r.role, r.group, "employee")
	}, []string{confirms}},
	{"on leave, and back at once", true, func(x *exit, r *running) {
		x.exec(leaveBegins, r.role)
		x.exec("update app.staff_leaves set until = clock_timestamp() where person_id = $1", r.person)
	}, []string{confirms}},
}

func (r *running) desk(x *exit, token string) call {
	return call{path: "/v1/office/institutions/" + x.institution(kindergarten).String() + "/guardianships", token: token}
}

// TestWhatRunsWhileARoleChanges lets a role change under everything that runs for somebody, and tries it afterwards.
func TestWhatRunsWhileARoleChanges(t *testing.T) {
	t.Parallel()
	x := newExit(t)
	for _, c := range roleChanges {
		t.Run(c.name, func(t *testing.T) { //nolint:paralleltest // one town
			x.boss = x.session("Heddavina", scope.Staff, 0) // the oldest of so many sessions ends
			r := x.atWorkInOneGroup(t, c.two)
			stream := x.listen(t, ofStaff, r.session.access)
			c.change(x, r)
			is := map[string]bool{}
			for _, what := range c.open {
				is[what] = true
			}
			check := func(what string, open bool) {
				t.Helper()
				if open != is[what] {
					t.Errorf("%s: open is %t", what, open)
				}
			}
			if !is[listens] { // what may go on may end, too, on a machine that is busy
				select {
				case <-stream.over:
				case <-time.After(time.Minute):
					t.Error("the stream goes on a minute later")
				}
			}
			check(worksOn, x.letsIn(r.session.access))
			check(headsDesk, x.doIn(t, r.desk(x, r.session.access)).status == http.StatusOK)
			check(goesOn, x.refresh(t, r.session.refresh, deviceSecret).status == http.StatusOK)
			check(onTablet, x.doIn(t, call{path: "/v1/staff/institutions/" + x.institution(kindergarten).String() + "/children", token: r.work}).status == http.StatusOK)
			check(leads, one[int](x.town, "select count(*) from auth.sessions where id = $1 and ended_at is null", r.second) == 1)
			check(confirms, x.doIn(t, call{method: http.MethodPost, path: "/v1/signin/email-confirmations", body: map[string]any{"token": r.mailed}}).status < 300)
			check(headsAnew, x.doIn(t, r.desk(x, x.sessionOf(r.person, scope.Staff, 0))).status == http.StatusOK)
		})
	}
}

// atWorkInOneGroup is somebody who works with one group, of whom one factor is enough, with everything that can run for them. They have a child, too.
func (x *exit) atWorkInOneGroup(t *testing.T, two bool) *running {
	t.Helper()
	r := &running{leaver: x.atWork(t, "employee"), group: x.groupOf("Alfhildis")}
	x.alsoGuardian(t, r.person)
	x.exec("update app.staff_roles set group_id = $2 where id = $1", r.role, r.group)
	x.do(x.activation(x.here, x.letter(x.boss, r.person, ""))).want(t, http.StatusCreated, "")
	x.signIn(t, r.leaver, ofStaff)
	if !two {
		x.passes("update auth.sessions set assurance = 'low', strong = false where id = $1", uuid.MustParse(r.session.session))
	}
	x.setPIN(t, r.given, goodPIN)
	r.tab = x.tablet(r.group)
	r.work = x.unlock(t, r.tab, r.given, goodPIN).want(t, http.StatusCreated, "").text(t, "token")
	account := one[uuid.UUID](x.town, "select id from auth.accounts where person_id = $1", r.person)
	must(t, x.API.WithScope(x.ctx, scope.Of(x.here, scope.SignIn), func(tx *scope.Tx) error {
		_, made, err := store.StartSession(x.ctx, tx, store.NewSession{Kind: scope.SecondFactor, Person: r.person, Account: account})
		r.second = made.ID
		return err
	}))

	endpoint := newID()
	x.exec(`insert into notify.endpoints (municipality_id, id, person_id, channel, provider, address, locale, state, created_at, registered_at)
		values ($1, $2, $3, 'email', 'smtp', $4, 'sv', 'unverified', now(), now())`, x.here, endpoint, r.person, "waits-"+r.person.String()+"@example.com")
	key, err := hkdf.Key(sha256.New, x.base.SigningKey, nil, "budstikke e-mail confirmation", 32)
	must(t, err)
	signer, err := confirm.New(key)
	must(t, err)
	r.mailed = signer.Token(x.here, endpoint, x.Clock.Now().Add(time.Hour).Truncate(time.Second))
	return r
}
