package auth

import "github.com/google/uuid"

// Role is one role that somebody holds, or is about to hold, as far as the rule of the second factor asks about it.
type Role struct {
	Name  string    // as in the register: owner, head, leader, employee, substitute, municipal_professional, external_partner
	Group uuid.UUID // uuid.Nil: the whole institution, or more
}

// SecondFactorRequired tells whether somebody with these roles must have a second factor beside their password (U5, U7, U8): owners, heads,
// municipal professionals and external partners, staff who can reach more than one group, and everybody where the municipality says so. A
// role that it does not know requires one. Without roles, for a guardian, only the municipality's wish counts.
func SecondFactorRequired(roles []Role, ofEverybody bool) bool {
	if ofEverybody {
		return true
	}
	var group uuid.UUID
	for _, r := range roles {
		switch r.Name {
		case "leader", "employee", "substitute":
		default:
			return true
		}
		if r.Group == uuid.Nil || group != uuid.Nil && r.Group != group {
			return true
		}
		group = r.Group
	}
	return false
}
