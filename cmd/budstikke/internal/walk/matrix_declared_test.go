package walk_test

import (
	"slices"
	"testing"

	"budstikke.example/app/web/contract"
	"budstikke.example/app/web/webtest"
	"budstikke.example/auth/access"
)

// Whoever adds a role, a kind of caller or an operation says in the matrix who that is, and in the walk's table who may (P1).
func TestEveryRoleAndCallerIsInTheMatrix(t *testing.T) {
	t.Parallel()
	held := access.NoRole
	for _, places := range holds {
		for _, roles := range places {
			held |= roles
		}
	}
	for _, roles := range gaveOnce {
		held |= roles
	}
	if missing := access.AnyRole &^ held; missing != access.NoRole {
		t.Errorf("nobody in the matrix has the role %s", missing)
	}
	for _, caller := range lapsed {
		if gaveOnce[caller] == access.NoRole {
			t.Errorf("%s has no role that could give nothing any more", caller)
		}
	}
	var kinds []access.Caller
	for _, caller := range callers {
		kinds = append(kinds, kindOf(caller))
	}
	for _, p := range access.All() {
		for _, kind := range p.Callers {
			if session := kind != access.SignIn && kind != access.Machine; session && !slices.Contains(kinds, kind) {
				t.Errorf("nobody in the matrix is a %s, who may call %s", kind, p.Operation)
			}
		}
	}
	for _, id := range declaredFor() {
		if !slices.ContainsFunc(webtest.Contract(t).Operations, func(o *contract.Operation) bool { return o.ID == id }) {
			t.Errorf("the matrix declares something for %s, which is no operation any more", id)
		}
	}
}

// declaredFor are the operations that the matrix declares something of its own for.
func declaredFor() (all []string) {
	for id := range narrower {
		all = append(all, id)
	}
	for id := range saysInstead {
		all = append(all, id)
	}
	for id := range fresh {
		all = append(all, id)
	}
	for id := range asked {
		all = append(all, id)
	}
	for id := range waits {
		all = append(all, id)
	}
	return all
}

// everythingIsReal fails when an operation names something that the matrix has not made: an id that nobody has would prove nothing.
func (m *matrix) everythingIsReal(t *testing.T, o *contract.Operation) {
	t.Helper()
	for _, p := range o.Parameters {
		if len(p.Schema.Value.Enum) > 0 {
			continue // one of a few words, which is nobody's
		}
		for _, x := range m.targets {
			if p.In == "path" && x.relation != unknownChild && x.ids.path(p.Name) == x.none.path(p.Name) {
				t.Errorf("%s names the %s of the %s, and the matrix has made none", o.ID, p.Name, x.relation)
			}
		}
	}
}
