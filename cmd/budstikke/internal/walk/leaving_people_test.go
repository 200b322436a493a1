package walk_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
	"budstikke.example/notify/outbox"
)

// enter enters somebody nobody else is called like.
func (x *exit) enter(what string) (given string, id uuid.UUID) {
	x.tb.Helper()
	x.n++
	given, id = fmt.Sprintf("%s%03d", what, x.n), newID()
	x.exec(`insert into app.persons (municipality_id, id, given_name, family_name, created_at) values ($1, $2, $3, $4, $5)`, x.here, id, given, surname(given), x.Clock.Now())
	return given, id
}

// reachableBy gives somebody a mail address and a telephone.
func (x *exit) reachableBy(person uuid.UUID) {
	x.tb.Helper()
	for _, e := range [][2]string{{"email", "smtp"}, {"push", "fcm"}} {
		x.exec(`insert into notify.endpoints (municipality_id, id, person_id, channel, provider, address, locale, state, created_at, registered_at, verified_at)
			values ($1, $2, $3, $4, $5, $6, 'sv', 'active', now(), now(), now())`, x.here, newID(), person, e[0], e[1], "leaver-"+person.String()+"@example.com")
	}
}

// signIn opens a session on a device, and a stream.
func (x *exit) signIn(t *testing.T, l *leaver, stream string) {
	t.Helper()
	l.session = x.family(l.given, l.kind)
	l.again = func() string { return x.sessionOf(l.person, l.kind, 0) }
	l.stream = x.listen(t, stream, l.session.access)
}

// childOf is a child at the kindergarten with a guardian whom its head has let in.
func (x *exit) childOf(t *testing.T, guardian uuid.UUID) (child, guardianship uuid.UUID) {
	t.Helper()
	_, child = x.enter("Barn")
	guardianship = newID()
	x.exec(`insert into app.enrolments (municipality_id, id, child_id, institution_id, created_at) values ($1, $2, $3, $4, $5)`,
		x.here, newID(), child, x.institution(kindergarten), x.Clock.Now())
	x.exec(`insert into app.guardianships (municipality_id, id, child_id, guardian_id, legal, basis, created_at) values ($1, $2, $3, $4, true, 'mother', $5)`,
		x.here, guardianship, child, guardian, x.Clock.Now())
	x.letIn(t, x.boss, []uuid.UUID{guardianship})
	return child, guardianship
}

// guardian is one with one child.
func oneChild(t *testing.T, x *exit) *leaver {
	t.Helper()
	l := &leaver{kind: scope.Guardian}
	l.given, l.person = x.enter("Guardian")
	l.child, l.guardianship = x.childOf(t, l.person)
	x.reachableBy(l.person)
	x.signIn(t, l, ofGuardian)
	l.wrote = call{method: http.MethodPost, path: "/v1/guardian/conversations", token: l.session.access, key: "before-" + l.given,
		body: map[string]any{"childId": l.child, "text": textOfGuardian, "locale": "sv"}}
	l.thread = uuid.MustParse(x.doIn(t, l.wrote).want(t, http.StatusCreated, "").text(t, "conversationId"))
	child, messages := "/v1/guardian/children/"+l.child.String(), "/v1/guardian/conversations/"+l.thread.String()+"/messages"
	l.asks = []ask{
		{call{path: child}, ""}, {call{path: "/v1/guardian/children"}, l.child.String()}, {call{path: child + "/absences"}, ""}, {call{path: child + "/looks"}, ""},
		{call{path: messages}, ""}, {call{method: http.MethodPost, path: messages, body: map[string]any{"text": textOfGuardian, "locale": "sv"}}, ""},
	}
	l.asksAs(l.session.access)
	l.notice = outbox.OfChild(l.child, l.person)[0]
	return l
}

// parent is one with another child, whose access goes on.
func twoChildren(t *testing.T, x *exit) *leaver {
	t.Helper()
	l := oneChild(t, x)
	child, _ := x.childOf(t, l.person)
	l.sibling = &ask{call{path: "/v1/guardian/children/" + child.String()}, ""}
	l.stream = x.listen(t, ofGuardian, l.session.access) // what was opened to them has ended the first
	return l
}

func (l *leaver) asksAs(token string) {
	for i := range l.asks {
		l.asks[i].token = token
	}
}

// atWork has a role at the kindergarten.
func (x *exit) atWork(t *testing.T, role string) *leaver {
	t.Helper()
	l := &leaver{kind: scope.Staff, role: newID(), child: x.person("Alfhildis")}
	l.given, l.person = x.enter("Worker")
	x.exec(`insert into app.staff_roles (municipality_id, id, person_id, institution_id, role, created_at, ended_at)
		values ($1, $2, $3, $4, $5, $6, case when $5 = 'substitute' then now() + interval '30 days' end)`,
		x.here, l.role, l.person, x.institution(kindergarten), role, x.Clock.Now())
	x.reachableBy(l.person)
	x.signIn(t, l, ofStaff)
	l.thread = x.thread(x.is[right].token, l.child, textOfGuardian)
	place, messages := "/v1/staff/institutions/"+x.institution(kindergarten).String(), "/v1/staff/conversations/"+l.thread.String()+"/messages"
	reply := call{method: http.MethodPost, path: messages, token: l.session.access, body: map[string]any{"text": textOfStaff, "announceBy": []string{"in_app"}, "locale": "sv"}}
	l.asks = []ask{{call{path: place + "/children"}, ""}, {call{path: place + "/absences?date=" + x.day(0)}, ""}, {call{path: place + "/conversations"}, ""}, {call{path: messages}, ""}, {reply, ""}}
	if role == "substitute" { // reads no conversations
		l.asks = l.asks[:2]
	} else {
		l.wrote = reply
		l.wrote.key = "before-" + l.given
		x.doIn(t, l.wrote).want(t, http.StatusCreated, "")
	}
	l.asksAs(l.session.access)
	l.notice = outbox.Recipient{Person: l.person, Grounds: outbox.GroundsStaff, Institution: x.institution(kindergarten)}
	return l
}

func anEmployee(t *testing.T, x *exit) *leaver  { t.Helper(); return x.atWork(t, "employee") }
func aSubstitute(t *testing.T, x *exit) *leaver { t.Helper(); return x.atWork(t, "substitute") }

// chief heads the kindergarten beside its head, and has the link of its calendar.
func aHead(t *testing.T, x *exit) *leaver {
	t.Helper()
	l := x.atWork(t, "head")
	l.link = x.wheelLink(t, l.session.access, x.institution(kindergarten))
	l.asks = append(l.asks, ask{call{path: "/v1/office/institutions/" + x.institution(kindergarten).String() + "/guardianships", token: l.session.access}, ""})
	return l
}

// near works at the kindergarten and is about to lose one child of it.
func aLeader(t *testing.T, x *exit) *leaver {
	t.Helper()
	l := x.atWork(t, "leader")
	l.asks = []ask{l.asks[3], l.asks[4], {l.asks[0].call, l.child.String()}}
	l.notice.Child = l.child
	return l
}

// partner comes from outside and sees one child.
func aPartner(t *testing.T, x *exit) *leaver {
	t.Helper()
	l := &leaver{kind: scope.Staff, child: x.person("Alfhildis")}
	l.given, _ = x.enter("Sponsor")
	sponsor := x.person(l.given)
	x.exec("insert into app.staff_roles (municipality_id, id, person_id, institution_id, role, created_at) values ($1, $2, $3, $4, 'leader', now())",
		x.here, newID(), sponsor, x.institution(kindergarten))
	x.n++
	l.given = fmt.Sprintf("Partner%03d", x.n)
	l.role = x.partnershipAt(kindergarten, l.given, sponsor, x.person("Heddavina"), l.child)
	return x.comesIn(t, l)
}

// professional is of the municipality and sees one child.
func aProfessional(t *testing.T, x *exit) *leaver {
	t.Helper()
	l := &leaver{kind: scope.Staff, child: x.person("Alfhildis")}
	l.role = x.professionalAt(kindergarten, x.person("Oddvarina"), l.child)
	x.n++
	l.given = fmt.Sprintf("Professional%03d", x.n)
	x.exec("update app.persons set given_name = $2 where id = (select person_id from app.staff_roles where id = $1)", l.role, l.given)
	return x.comesIn(t, l)
}

func (x *exit) comesIn(t *testing.T, l *leaver) *leaver {
	t.Helper()
	l.person = x.person(l.given)
	x.reachableBy(l.person)
	x.signIn(t, l, ofStaff)
	l.asks = []ask{{call{path: "/v1/staff/partner-children"}, l.child.String()}}
	l.asksAs(l.session.access)
	return l
}
