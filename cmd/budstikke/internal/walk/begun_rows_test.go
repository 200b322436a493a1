package walk_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/auth/store"
	"budstikke.example/migrations/scope"
)

// beginnings are what outlasts a request. A session by BankID or a provider, also one that a link of Aula's led to, begins as the first of them does.
var beginnings = []beginning{
	{"a session by password", "auth.sessions", func(t *testing.T, x *exit) *begun {
		username, person := x.oneFactor(t)
		return &begun{begin: func() reply { return x.do(x.staffSignIn(username, newPassword, "")) }, end: x.endsWork(person), opens: x.letsWork}
	}},
	{"a session by password, of a guardian", "auth.sessions", func(t *testing.T, x *exit) *begun {
		username, person := x.oneFactor(t)
		x.alsoGuardian(t, person)
		return &begun{begin: func() reply { return x.do(x.staffSignIn(username, newPassword, "")) }, end: x.endsWork(person), opens: x.letsWork}
	}},
	{"a session at a provider", "auth.sessions", func(t *testing.T, x *exit) *begun {
		l := x.atWork(t, "employee")
		x.exec("update app.persons set username = lower($2) where id = $1", l.person, l.given)
		back := x.journey("staff", byName(l.given, strings.ToLower(l.given)))
		return &begun{begin: func() reply { return x.finish(back, "") }, end: x.endsWork(l.person), opens: func(r reply) bool {
			var got struct{ Session struct{ Token string } }
			return r.status < 300 && json.Unmarshal(r.body, &got) == nil && x.letsIn(got.Session.Token)
		}}
	}},
	{"a session that goes on", "auth.refreshes", func(t *testing.T, x *exit) *begun {
		l := x.atWork(t, "employee")
		return &begun{begin: func() reply { return x.refresh(t, l.session.refresh, deviceSecret) }, end: x.endsWork(l.person), opens: x.letsWork}
	}},
	{"an account by a letter", "auth.sessions", func(t *testing.T, x *exit) *begun {
		person := x.hire(kindergarten, "employee")
		x.exec("update app.staff_roles set group_id = $2 where person_id = $1", person, x.groupOf("Alfhildis"))
		code := x.letter(x.boss, person, "")
		return &begun{begin: func() reply { return x.do(x.activation(x.here, code)) }, end: x.endsWork(person), opens: func(r reply) bool {
			return x.letsWork(r) || x.do(x.staffSignIn(usernameOf(person), newPassword, "")).status < 300
		}}
	}},
	{"a guardian's account by a letter", "auth.sessions", func(t *testing.T, x *exit) *begun {
		_, person := x.enter("Guardian")
		_, guardianship := x.childOf(t, person)
		code, username := x.handOver(guardianship, usernameOf(person)), usernameOf(person)
		return &begun{begin: func() reply { return x.do(x.activation(x.here, code)) }, end: x.endsGuardian(guardianship), opens: func(r reply) bool {
			return one[int](x.town, "select count(*) from auth.sessions where person_id = $1 and ended_at is null", person) > 0 ||
				x.do(x.staffSignIn(username, newPassword, "")).status < 300
		}}
	}},
	{"work on a tablet", "auth.sessions", func(t *testing.T, x *exit) *begun {
		l, tab := x.withPIN(t)
		return &begun{begin: func() reply { return x.unlock(t, tab, l.given, goodPIN) }, end: func(tx *scope.Tx) error {
			_, err := store.RemoveTablet(x.ctx, tx, tab.id, true)
			return err
		}, opens: func(r reply) bool {
			return x.letsWork(r) || one[int](x.town, "select count(*) from auth.sessions where tablet_id = $1 and ended_at is null", tab.id) > 0
		}}
	}},
	{"a guardian's work on a tablet", "auth.sessions", func(t *testing.T, x *exit) *begun {
		l, tab := x.withPIN(t)
		x.alsoGuardian(t, l.person)
		return &begun{begin: func() reply { return x.unlock(t, tab, l.given, goodPIN) }, end: x.endsWork(l.person), opens: func(r reply) bool {
			return x.letsWork(r) || x.unlock(t, tab, l.given, goodPIN).status < 300
		}}
	}},
	{"a telephone for work", "notify.endpoints", func(t *testing.T, x *exit) *begun {
		l := x.atWork(t, "employee")
		x.alsoGuardian(t, l.person)
		return &begun{begin: func() reply { return x.registers(l.session.access, "/v1/staff/devices", l.given) }, end: x.endsWork(l.person),
			opens: func(reply) bool { return x.told(l.given) }}
	}},
	{"a guardian's telephone", "notify.endpoints", func(t *testing.T, x *exit) *begun {
		l := oneChild(t, x)
		return &begun{begin: func() reply { return x.registers(l.session.access, "/v1/guardian/devices", l.given) }, end: x.endsGuardian(l.guardianship),
			opens: func(reply) bool { return x.told(l.given) }}
	}},
	{"the link of a calendar", "app.wheel_links", func(t *testing.T, x *exit) *begun {
		l := x.atWork(t, "leader")
		x.exec("update app.staff_roles set role = 'head' where id = $1", l.role)
		return &begun{by: x.is[owner].token, begin: func() reply {
			return x.do(call{method: http.MethodPost, path: "/v1/office/institutions/" + x.institution(kindergarten).String() + "/wheel-link", token: l.session.access, body: map[string]any{"locale": "sv"}})
		}, end: x.endsWork(l.person), opens: func(r reply) bool {
			return r.status < 300 && x.do(call{path: r.text(t, "path")}).status == http.StatusOK
		}}
	}},
	{"a passkey", "auth.passkeys", func(t *testing.T, x *exit) *begun {
		l, k := x.atWork(t, "employee"), newKey()
		x.alsoGuardian(t, l.person)
		credential := k.answer(t, x.do(x.startPasskey(l.session.access, "")))
		return &begun{begin: func() reply {
			return x.do(call{method: http.MethodPost, path: "/v1/signin/passkeys", token: l.session.access, body: map[string]any{"name": "Ny", "credential": credential}})
		}, end: x.endsWork(l.person), opens: func(reply) bool {
			return x.town.comesIn(k).status < 300
		}}
	}},
	{"a tablet", "auth.tablets", func(t *testing.T, x *exit) *begun {
		group := x.groupOf("Alfhildis")
		body, _ := x.enrolment(group)
		return &begun{begin: func() reply { return x.do(call{method: http.MethodPost, path: "/v1/signin/tablets", body: body}) }, end: func(tx *scope.Tx) error {
			return store.CloseSharedUser(x.ctx, tx, group)
		}, opens: func(reply) bool {
			return one[int](x.town, "select count(*) from auth.tablets where group_id = $1 and ended_at is null", group) > 0
		}}
	}},
	{"a tablet that goes on", "auth.tablets", func(t *testing.T, x *exit) *begun {
		tab := x.tablet(x.groupOf("Alfhildis"))
		at := x.Clock.Now().Add(time.Second)
		return &begun{begin: func() reply { return x.renew(t, tab, at) }, end: func(tx *scope.Tx) error {
			_, err := store.RemoveTablet(x.ctx, tx, tab.id, false)
			return err
		}, opens: func(r reply) bool {
			return r.status < 300 && x.do(rollCallOf(r.text(t, "token"))).status == http.StatusOK
		}}
	}},
}

// oneFactor is somebody of whom one factor is enough, with a password.
func (x *exit) oneFactor(t *testing.T) (username string, person uuid.UUID) {
	t.Helper()
	username = x.ofOneGroup(x.boss)
	return username, uuid.MustParse(username[len("user-") : len("user-")+36])
}

// alsoGuardian gives somebody who works a child of their own, whom they are let see.
func (x *exit) alsoGuardian(t *testing.T, person uuid.UUID) uuid.UUID {
	t.Helper()
	_, guardianship := x.childOf(t, person)
	return guardianship
}

// withPIN is somebody who works, and a tablet on which they can.
func (x *exit) withPIN(t *testing.T) (*leaver, sharedTablet) {
	t.Helper()
	l := x.atWork(t, "employee")
	x.setPIN(t, l.given, goodPIN)
	return l, x.tablet(x.groupOf("Alfhildis"))
}

func (x *exit) endsGuardian(guardianship uuid.UUID) func(tx *scope.Tx) error {
	return func(tx *scope.Tx) error {
		_, err := store.EndGuardianAccount(x.ctx, tx, guardianship, deactivationReason)
		return err
	}
}

// letsWork tells whether an answer holds a token that opens something of the work.
func (x *exit) letsWork(r reply) bool {
	return r.status < 300 && x.letsIn(r.text(x.tb, "token"))
}

func (x *exit) letsIn(token string) bool {
	return token != "" && x.do(call{path: "/v1/staff/institutions", token: token}).status == http.StatusOK
}

func (x *exit) registers(token, path, device string) reply {
	return x.do(call{method: http.MethodPut, path: path, token: token, body: map[string]any{"provider": "fcm", "token": deviceOf(device), "locale": "sv"}})
}

// told tells whether a device would be sent anything.
func (x *exit) told(device string) bool {
	return one[int](x.town, "select count(*) from notify.endpoints where address = $1 and state = 'active'", deviceOf(device)) > 0
}
