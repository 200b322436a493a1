package walk_test

import (
	"net/http"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
)

// H2, H4, V9, V11: whoever is a guardian and works here has one account, and of each end only what belongs to it goes: sessions, devices, the PIN. That
// holds whatever the account was opened for.
func TestEachEndTakesItsOwn(t *testing.T) {
	t.Parallel()
	x := newExit(t)
	atHome, atWork := call{path: "/v1/guardian/children"}, call{path: "/v1/staff/institutions"}
	for _, first := range []scope.Caller{scope.Guardian, scope.Staff} {
		for name, e := range map[string]struct {
			end  func(l *leaver, guardianship uuid.UUID)
			home bool // what stays
		}{
			"staff account": {func(l *leaver, _ uuid.UUID) {
				x.office(http.MethodDelete, kindergarten, "/staff-accounts/"+l.person.String(), x.boss, nil).want(t, http.StatusNoContent, "")
			}, true},
			"role": {func(l *leaver, _ uuid.UUID) { x.exec(roleOver, l.role) }, true},
			"guardian's account, by the head": {func(_ *leaver, guardianship uuid.UUID) {
				x.endFor(guardianship)
			}, false},
			"guardianship": {func(_ *leaver, guardianship uuid.UUID) { x.exec(guardianshipOver, guardianship) }, false},
		} {
			t.Run(name+", account for "+string(first), func(t *testing.T) { //nolint:paralleltest // they share a town
				x.boss = x.session("Heddavina", scope.Staff, 0)
				l, tab := x.withPIN(t)
				guardianship := x.alsoGuardian(t, l.person)
				x.exec("update auth.accounts set kind = $2 where person_id = $1", l.person, string(first))
				home := x.family(l.given, scope.Guardian)
				x.registers(home.access, "/v1/guardian/devices", "home-"+l.given).want(t, http.StatusNoContent, "")
				x.registers(l.session.access, "/v1/staff/devices", "work-"+l.given).want(t, http.StatusNoContent, "")
				e.end(l, guardianship)

				for what, opens := range map[string]struct{ is, want bool }{
					"the guardian's session":            {x.asked(atHome, home.access), e.home},
					"the guardian's refresh token":      {x.refresh(t, home.refresh, deviceSecret).status == http.StatusOK, e.home},
					"the guardian's telephone":          {x.told("home-" + l.given), e.home},
					"the session at work":               {x.asked(atWork, l.session.access), !e.home},
					"the refresh token of the work":     {x.refresh(t, l.session.refresh, deviceSecret).status == http.StatusOK, !e.home},
					"the telephone for work":            {x.told("work-" + l.given), !e.home},
					"the PIN":                           {x.unlock(t, tab, l.given, goodPIN).status == http.StatusCreated, !e.home},
					"the account, which is one for all": {x.accountOf(l.person), true},
				} {
					if opens.is != opens.want {
						t.Errorf("%s: open is %t, want %t", what, opens.is, opens.want)
					}
				}
			})
		}
	}
}

func (x *exit) asked(c call, token string) bool {
	c.token = token
	return x.do(c).status == http.StatusOK
}

// accountOf tells whether somebody has an account that has not ended.
func (x *exit) accountOf(person uuid.UUID) bool {
	return one[int](x.town, "select count(*) from auth.accounts where person_id = $1 and ended_at is null", person) == 1
}
