package walk_test

import (
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/app/web/contract"
	"budstikke.example/app/web/webtest"
	"budstikke.example/auth/access"
)

// swap is a request of somebody who may, in which one id is exchanged: for one that belongs elsewhere, and for one that nothing has.
type swap struct {
	cell
	id              string // that was exchanged
	theirs, unknown call
	mask            *strings.Replacer
}

var anID = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// swaps exchanges every id beside the one that the policy asks about, in path, query and body, for that of another institution and of another
// municipality (P1): the answer is byte for byte the one for an id that nothing has.
func (m *matrix) swaps(t *testing.T) {
	t.Helper()
	var all []swap
	for _, o := range webtest.Contract(t).Operations {
		p, _ := access.Of(o.ID)
		r := table[o.ID]
		if !o.Secured || len(r.allowed) == 0 || ends[o.ID] || byThemselves[o.ID] {
			continue
		}
		for _, caller := range []who{right, employee, head, topOwner} {
			if m.expects(o, p, caller, m.targets[0]) == allow {
				all = append(all, m.swapsOf(cell{operation: o, policy: p, row: r, caller: caller, of: m.targets[0]})...)
			}
		}
	}
	queue := make([]cell, len(all))
	for i, s := range all {
		queue[i] = s.cell
		queue[i].call = call{key: s.theirs.key}
	}
	byKey := map[string]swap{}
	for _, s := range all {
		byKey[s.theirs.key] = s
	}
	m.each(queue, func(c cell) {
		s := byKey[c.call.key]
		got, missing := m.doIn(t, s.theirs), m.doIn(t, s.unknown)
		m.counted("with an id exchanged")
		s.call = s.theirs
		m.showsOnly(t, s.cell, got)
		if a, b := s.mask.Replace(got.wire()), s.mask.Replace(missing.wire()); a != b {
			t.Errorf("%s as %s with %s tells what exists elsewhere:\n%s\nand\n%s", s.operation.ID, s.caller, s.id, a, b)
		}
	})
	if m.count["with an id exchanged"] < 50 {
		t.Errorf("only %d ids could be exchanged", m.count["with an id exchanged"])
	}
}

// swapsOf are the requests of one operation as one caller.
func (m *matrix) swapsOf(c cell) (all []swap) {
	about := c.of.ids
	if makes := fresh[c.operation.ID]; makes != nil {
		about = makes(m, c.caller, c.of)
	}
	asked := m.ask(c.operation, c.row, c.of, about, c.caller)
	asked.token = m.is[c.caller].token
	for _, q := range c.operation.Parameters {
		if q.In == "query" && q.Schema.Value.Format == "uuid" {
			asked.path = with(asked.path, q.Name+"="+about.path(q.Name))
		}
	}
	body, err := json.Marshal(asked.body)
	must(m.tb, err)
	found := anID.FindAllString(asked.path+string(body), -1)
	slices.Sort(found)
	for _, id := range slices.Compact(found) {
		if id == decidedBy(c.operation, c.policy, about) {
			continue // the cells of the matrix are about it
		}
		for _, strange := range m.targets {
			there, known := fieldOf(about, id, strange.ids)
			if !known && strange.relation == otherMunicipality {
				there, known = m.person(m.is[strange.rightful].given), true
			}
			if known && (strange.relation == atOtherPlace || strange.relation == otherMunicipality) && there.String() != id {
				all = append(all, exchange(c, asked, body, id, there.String()))
			}
		}
	}
	return all
}

// exchange makes the two requests.
func exchange(c cell, asked call, body []byte, id, there string) swap {
	nobodys := newID().String()
	request := func(other string) call {
		made := asked
		made.key = uuid.NewString()
		made.path = strings.ReplaceAll(asked.path, id, other)
		if asked.body != nil {
			made.body = []byte(strings.ReplaceAll(string(body), id, other))
		}
		return made
	}
	return swap{c, id, request(there), request(nobodys), strings.NewReplacer(there, "it", nobodys, "it")}
}

// decidedBy is the id that the policy is asked about.
func decidedBy(o *contract.Operation, p access.Policy, about ids) string {
	if p.About == access.Nothing {
		return ""
	}
	return about.path(p.From.Name)
}

// fieldOf finds what an id is, and the same of somebody else.
func fieldOf(of ids, id string, theirs ids) (uuid.UUID, bool) {
	a, b := reflect.ValueOf(of), reflect.ValueOf(theirs)
	for i := range a.NumField() {
		if a.Field(i).Type() == reflect.TypeFor[uuid.UUID]() && a.Field(i).Interface().(uuid.UUID).String() == id {
			return b.Field(i).Interface().(uuid.UUID), true
		}
	}
	return uuid.UUID{}, false
}
