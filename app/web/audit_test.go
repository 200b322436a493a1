package web

import (
	"testing"

	"budstikke.example/auth/access"
)

// B5, P14: every operation of staff and office says for what purpose it looks, or why it looks at nobody's child.
func TestEveryOperationOfStaffHasAPurposeOrAReason(t *testing.T) {
	t.Parallel()
	loaded, err := promises()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, o := range loaded.Operations {
		known[o.ID] = true
		purpose, looks := purposes[o.ID]
		reason, without := withoutChildren[o.ID]
		switch staff := o.Tag == "staff" || o.Tag == "office"; {
		case staff && looks == without:
			t.Errorf("%s stands in both lists of audit.go or in neither: does it show or decide anything about a child?", o.ID)
		case !staff && (looks || without):
			t.Errorf("%s is no operation of staff", o.ID)
		case looks && purpose == "", without && reason == "":
			t.Errorf("%s says nothing in its line", o.ID)
		}
	}
	for id := range purposes {
		if !known[id] {
			t.Errorf("the contract has no operation %s any more", id)
		}
	}
	for id := range withoutChildren {
		if !known[id] {
			t.Errorf("the contract has no operation %s any more", id)
		}
	}
}

// B5: the registry and the purposes say the same of what leaves an entry: a look or a decision about access has a purpose, and what has a purpose
// is of a class that is kept.
func TestPurposesAndTheRegistryAgree(t *testing.T) {
	t.Parallel()
	for _, p := range access.All() {
		purpose, kept := purposes[p.Operation]
		_, without := withoutChildren[p.Operation]
		switch {
		case kept && p.Audit == access.AuditNone:
			t.Errorf("%s leaves an entry as %s, and its policy keeps nothing", p.Operation, purpose)
		case without && p.Audit == access.AuditLook:
			t.Errorf("%s is a look by its policy, and leaves no entry", p.Operation)
		case without && p.Reads:
			t.Errorf("%s shows data of a child by its policy, and leaves no entry", p.Operation)
		}
	}
}
