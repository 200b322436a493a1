package walk_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/uuid"

	"budstikke.example/app/web/webtest"
	"budstikke.example/auth/access"
)

// sights collects what names a child or belongs to it.
func (m *matrix) sights() {
	for _, x := range m.targets {
		if x.relation == unknownChild {
			continue
		}
		for _, text := range []string{x.given, surname(x.given), x.ids.Child.String(), noteOf(x.given), textOf(x.given)} {
			m.canary = append(m.canary, sight{text, x, false})
		}
		for _, id := range []uuid.UUID{x.ids.Absence, x.ids.Conversation, x.ids.Guardianship} {
			m.canary = append(m.canary, sight{id.String(), x, true})
		}
	}
}

// waits are lists of what waits for the heads of an institution: it waits, and names the child by its id, also when the child has left.
var waits = map[string][]relation{"ListHeldChanges": {departed}, "ListAssistedCases": {departed}}

// showsOnly fails when an answer shows something of a child that the caller must not see.
func (m *matrix) showsOnly(t *testing.T, c cell, got reply) {
	text := got.wire()
	sent, raw := c.call.body.([]byte)
	if !raw {
		sent, _ = json.Marshal(c.call.body)
	}
	for _, s := range m.canary {
		if strings.Contains(string(sent), s.text) {
			continue // their own words back
		}
		if slices.Contains(waits[c.operation.ID], s.of.relation) && holds[c.caller][s.of.place]&access.Answers != 0 {
			continue
		}
		if s.id && strings.HasSuffix(c.operation.ID, "Notices") {
			continue // a notice names what it was about when it was sent, by an id whose cells are here
		}
		if strings.Contains(text, s.text) && !sees(c.caller, s.of) {
			t.Errorf("%s as %s about %s shows %q of the %s", c.operation.ID, c.caller, c.of.relation, s.text, s.of.relation)
		}
	}
}

// exactLists holds lists to exactly the children that each caller may see.
func (m *matrix) exactLists(t *testing.T) {
	t.Helper()
	expect := func(path string, caller who, belongs func(*target) bool, id func(*target) string) {
		t.Helper()
		if path != "/v1/guardian/children" && path != "/v1/staff/partner-children" { // those without pages
			path = with(path, "limit=100")
		}
		got := m.do(call{path: path, token: m.is[caller].token})
		if got.status != http.StatusOK {
			t.Errorf("%s as %s answered %d %s", path, caller, got.status, got.code)
			return
		}
		for _, x := range m.targets {
			m.counted("of a list")
			if x.relation == unknownChild {
				continue
			}
			if shown, should := strings.Contains(string(got.body), id(x)), belongs(x); shown != should {
				t.Errorf("%s as %s shows the %s: %t, want %t", path, caller, x.relation, shown, should)
			}
		}
	}
	child := func(x *target) string { return x.ids.Child.String() }
	thread := func(x *target) string { return x.ids.Conversation.String() }
	expect("/v1/staff/partner-children", bounded, func(x *target) bool { return sees(bounded, x) }, child)
	for caller := range reaches {
		if caller == owing { // accepts the terms first
			continue
		}
		expect("/v1/guardian/children", caller, func(x *target) bool { return sees(caller, x) }, child)
		expect("/v1/guardian/conversations", caller, func(x *target) bool { return sees(caller, x) && caller == x.rightful }, thread)
	}
	for caller, places := range holds {
		if caller == bounded { // has no other list
			continue
		}
		for place, roles := range places {
			path := "/v1/staff/institutions/" + m.institution(place).String()
			here := func(x *target) bool { return x.place == place && sees(caller, x) }
			expect(path+"/children", caller, here, child)
			expect(path+"/absences?date="+m.day(0), caller, here, child)
			expect(path+"/conversations", caller, func(x *target) bool { return here(x) && roles&access.Writes != 0 }, thread)
			if _, shared := onTablets[caller]; roles&access.Answers != 0 && !shared {
				runs := func(x *target) bool { return here(x) && x.relation != endedRelation }
				expect("/v1/office/institutions/"+m.institution(place).String()+"/guardianships", caller, runs, func(x *target) string { return x.ids.Guardianship.String() })
			}
		}
	}
}

// cursors reads every list from where another list, or another person's, goes on (P1): a cursor is a place and no right.
func (m *matrix) cursors(t *testing.T) {
	t.Helper()
	var found []string
	m.read(t, func(_ cell, path, token string) {
		var page struct{ Next string }
		if got := m.doIn(t, call{path: with(path, "limit=1"), token: token}); got.status == http.StatusOK && json.Unmarshal(got.body, &page) == nil && page.Next != "" {
			found = append(found, page.Next)
		}
	})
	if len(found) < 10 {
		t.Errorf("only %d cursors were found", len(found))
	}
	if len(found) > 12 {
		found = found[:12]
	}
	m.read(t, func(c cell, path, token string) {
		for _, cursor := range found {
			got := m.doIn(t, call{path: with(path, "cursor="+cursor), token: token})
			m.counted("by another's cursor")
			m.showsOnly(t, c, got)
		}
	})
}

// read visits every list with pages as every caller who may.
func (m *matrix) read(t *testing.T, visit func(c cell, path, token string)) {
	for _, o := range webtest.Contract(t).Operations {
		policy, _ := access.Of(o.ID)
		paged := slices.ContainsFunc(o.Parameters, func(p *openapi3.Parameter) bool { return p.Name == "cursor" })
		if r := table[o.ID]; paged && o.Secured && !r.open {
			for _, x := range m.targets[:2] {
				asked := m.ask(o, table[o.ID], x, x.ids, firstOf(r))
				path, _, _ := strings.Cut(asked.path, "?")
				if query := strings.Index(asked.path, "date="); query >= 0 {
					path = fmt.Sprint(path, "?", asked.path[query:])
				}
				for _, caller := range []who{right, other, wrong, hilde, foreign, inactive, leader, head, rektor, utrikine} {
					if m.expects(o, policy, caller, x) == allow {
						visit(cell{operation: o, caller: caller, of: x}, path, m.is[caller].token)
					}
				}
			}
		}
	}
}
