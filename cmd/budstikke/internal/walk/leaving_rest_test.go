package walk_test

import (
	"net/http"
	"testing"

	"budstikke.example/migrations/scope"
)

const clearanceOver = "update app.clearances set until = now() where staff_id = $1"

// aConfidant works at the kindergarten and may know who a protected child is.
func aConfidant(t *testing.T, x *exit) *leaver {
	t.Helper()
	l := x.atWork(t, "leader")
	l.child = x.person("Pernillus")
	x.exec("update app.persons set protected_identity = 'strict' where id = $1 and protected_identity <> 'strict'", l.child)
	l.role = x.clear(l.given, l.child)
	l.asks = []ask{{lookAt(l.child, l.session.access), ""}, {l.asks[0].call, l.child.String()}}
	l.wrote = call{}
	l.thread, l.notice.Child = newID(), l.child
	l.stream = x.listen(t, ofStaff, l.session.access) // with the clearance
	return l
}

// aTablet is of a group, and somebody works on it.
func (x *exit) aTablet(t *testing.T, role string) *leaver {
	t.Helper()
	l := x.atWork(t, role)
	group := x.groupOf("Alfhildis")
	x.exec("update auth.shared_users set substitutes = true where group_id = $1", group)
	tab := x.tablet(group)
	x.setPIN(t, l.given, goodPIN)
	work := x.unlock(t, tab, l.given, goodPIN).want(t, http.StatusCreated, "").text(t, "token")
	l = &leaver{given: l.given, person: l.person, child: group, role: tab.id, kind: scope.Tablet, asks: []ask{
		{call{path: "/v1/staff/tablet/roll-call", token: tab.token}, ""}, {call{path: l.asks[0].path, token: work}, ""},
	}}
	if role == "substitute" {
		l.asks = l.asks[1:]
	}
	l.again = func() string {
		if role == "substitute" {
			got := x.unlock(t, tab, l.given, goodPIN)
			return got.text(t, "token")
		}
		got := x.renew(t, tab, x.Clock.Now())
		if got.status >= 300 {
			return ""
		}
		return got.text(t, "token")
	}
	return l
}

func aTablet(t *testing.T, x *exit) *leaver         { t.Helper(); return x.aTablet(t, "employee") }
func aSubstituteOnIt(t *testing.T, x *exit) *leaver { t.Helper(); return x.aTablet(t, "substitute") }

// restEndings are those of a clearance, of tablets, and of what a whole municipality owes. The last of them is the last thing in its town.
func (x *exit) restEndings() []ending {
	cleared := lessened.but(repeats, absent).but(links, absent)
	onTablet := through{shut, absent, absent, absent, absent, absent, shut, absent, absent, shut}
	return []ending{
		{name: "clearance taken", by: []string{"RevokeClearance"}, of: aConfidant, through: cleared, end: func(l *leaver) {
			x.do(call{method: http.MethodDelete, path: "/v1/office/protected-persons/" + l.child.String() + "/clearances/" + l.role.String(), token: x.boss}).want(x.tb, http.StatusNoContent, "")
		}},
		{name: "a clearance is over", of: aConfidant, through: cleared, byTime: true, end: func(l *leaver) { x.passes(clearanceOver, l.person) }},
		{name: "tablet removed", by: []string{"RemoveTablet"}, of: aTablet, through: onTablet, end: func(l *leaver) {
			x.do(call{method: http.MethodPost, path: "/v1/office/tablets/" + l.role.String() + "/removal", token: x.boss, body: map[string]any{"lost": true}}).want(x.tb, http.StatusNoContent, "")
		}},
		{name: "substitutes may not use it", by: []string{"SetSharedUserRule"}, of: aSubstituteOnIt, through: onTablet, end: func(l *leaver) {
			x.do(call{method: http.MethodPut, path: "/v1/office/groups/" + l.child.String() + "/shared-user", token: x.boss, body: map[string]any{"substitutes": false}}).want(x.tb, http.StatusNoContent, "")
		}},
		{name: "a secret is overdue", by: []string{"RotateSharedUser"}, of: aTablet, through: onTablet, end: func(l *leaver) {
			x.do(call{method: http.MethodPost, path: "/v1/office/groups/" + l.child.String() + "/shared-user/rotation", token: x.boss}).want(x.tb, http.StatusNoContent, "")
			x.exec("update auth.shared_users set confirm_by = now() where group_id = $1", l.child)
		}},
		{name: "a group ends", of: aTablet, through: onTablet, byTime: true, end: func(l *leaver) {
			x.passes("update app.groups set ended_at = now() where id = $1", l.child)
		}},
		// What is owed is done in a minute: the notice says that there is something to read, the session asks for the acceptance.
		{name: "terms owed", by: []string{"PublishTerms"}, of: twoChildren, through: through{shut, shut, stays, shut, stays, shut, stays, stays, absent, shut}, end: func(l *leaver) {
			l.sibling = nil
			x.do(publication(x.is[topOwner].token, "2027-01", nil)).want(x.tb, http.StatusCreated, "")
		}},
	}
}
