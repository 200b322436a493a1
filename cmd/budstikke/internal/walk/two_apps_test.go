package walk_test

import (
	"net/http"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

// Somebody who works here and has a child here has both apps on one telephone, by one push token: it is kept for each of them. A notice goes there once, a
// sign-out of one app leaves both, the end of the one takes its own (V15), and another person who registers the token has it alone.
func TestOneTokenInBothApps(t *testing.T) {
	t.Parallel()
	x := newExit(t)
	someone := func(t *testing.T) (l *leaver, guardianship uuid.UUID, home string) {
		t.Helper()
		l = x.atWork(t, "employee")
		guardianship = x.alsoGuardian(t, l.person)
		home = x.sessionOf(l.person, scope.Guardian, 0)
		x.passes("update notify.endpoints set state = 'retired', retired_reason = 'gone' where person_id = $1", l.person)
		for range 2 { // as the apps do after each start
			x.registers(l.session.access, "/v1/staff/devices", l.given).want(t, http.StatusNoContent, "")
			x.registers(home, "/v1/guardian/devices", l.given).want(t, http.StatusNoContent, "")
		}
		x.apps(t, l, "guardian,staff")
		return l, guardianship, home
	}
	t.Run("one notice, one push", func(t *testing.T) {
		t.Parallel()
		l, guardianship, _ := someone(t)
		child := one[uuid.UUID](x.town, "select child_id from app.guardianships where id = $1", guardianship)
		for app, to := range map[string]outbox.Recipient{"guardian": outbox.OfChild(child, l.person)[0], "staff": l.notice} {
			event := notify.MessagePosted{Conversation: newID()}
			must(t, x.API.WithScope(x.ctx, scope.Of(x.here, scope.Machine), func(tx *scope.Tx) error {
				_, err := outbox.Announce(x.ctx, tx, event, []outbox.Recipient{to}, notify.ByPush)
				return err
			}))
			got := one[string](x.town, `select coalesce(string_agg(p.registered_as, ','), 'nobody') from notify.events e
				join notify.deliveries d on d.municipality_id = e.municipality_id and d.event_id = e.id
				join notify.endpoints p on p.municipality_id = d.municipality_id and p.id = d.endpoint_id
				where e.subject_id = $1`, event.Conversation)
			if got != app {
				t.Errorf("what is for the app of the %s goes to %s", app, got)
			}
		}
	})
	t.Run("signing out", func(t *testing.T) {
		t.Parallel()
		l, _, home := someone(t)
		x.do(call{method: http.MethodDelete, path: "/v1/signin/session", token: home}).want(t, http.StatusNoContent, "")
		x.apps(t, l, "guardian,staff")
	})
	t.Run("put out at home", func(t *testing.T) {
		t.Parallel()
		l, guardianship, _ := someone(t)
		x.exec("update app.guardianship_access set status = 'inactive' where guardianship_id = $1", guardianship)
		x.apps(t, l, "staff")
	})
	t.Run("put out at work", func(t *testing.T) {
		t.Parallel()
		l, _, _ := someone(t)
		x.exec("update app.staff_roles set ended_at = now() where person_id = $1", l.person)
		x.apps(t, l, "guardian")
	})
	t.Run("another person", func(t *testing.T) {
		t.Parallel()
		l, _, _ := someone(t)
		next := x.atWork(t, "employee")
		x.registers(next.session.access, "/v1/staff/devices", l.given).want(t, http.StatusNoContent, "")
		x.apps(t, l, "")
		if n := one[int](x.town, "select count(*) from notify.endpoints where person_id = $1 and address = $2 and state = 'active'", next.person, deviceOf(l.given)); n != 1 {
			t.Errorf("%d rows of who has the telephone now", n)
		}
	})
	t.Run("a row of before", func(t *testing.T) {
		t.Parallel()
		l, _, _ := someone(t)
		x.passes("delete from notify.endpoints where person_id = $1 and registered_as = 'staff'", l.person)
		x.passes("update notify.endpoints set registered_as = null where person_id = $1", l.person)
		x.registers(l.session.access, "/v1/staff/devices", l.given).want(t, http.StatusNoContent, "")
		x.apps(t, l, "staff")
	})
}

// apps checks for which apps a telephone's token is kept.
func (x *exit) apps(t *testing.T, l *leaver, want string) {
	t.Helper()
	got := one[string](x.town, `select coalesce(string_agg(coalesce(registered_as, 'unknown'), ',' order by registered_as), '') from notify.endpoints
		where person_id = $1 and address = $2 and state = 'active'`, l.person, deviceOf(l.given))
	if got != want {
		t.Errorf("the token is kept for %q, want %q", got, want)
	}
}
