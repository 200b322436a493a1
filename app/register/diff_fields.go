package register

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// field is one field of a row: what is compared, and what people are shown instead (empty: the value itself).
type field struct {
	name, value, shown string
}

// changedFields lists the fields that differ, without their values when a protected person is concerned.
func changedFields(old, now []field, hidden bool) (changes []FieldChange) {
	for i := range now {
		if old[i].value == now[i].value {
			continue
		}
		change := FieldChange{Field: now[i].name, Old: firstOf(old[i].shown, old[i].value, "(empty)"), New: firstOf(now[i].shown, now[i].value, "(empty)")}
		if now[i].shown != "" && change.Old == change.New {
			change.New = "(another one)"
		}
		if hidden {
			change.Old, change.New = "(hidden)", "(hidden)"
		}
		changes = append(changes, change)
	}
	return changes
}

func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

func institutionFields(i Institution) []field {
	return []field{{"kind", string(i.Kind), ""}, {"ownership", string(i.Ownership), ""}, {"national_number", i.NationalNumber, ""}, {"name", i.Name, ""}}
}

func groupFields(g Group) []field {
	return []field{{"institution", g.InstitutionSourceID, ""}, {"name", g.Name, ""}, {"kind", string(g.Kind), ""}}
}

func personFields(p Person) []field {
	number := field{name: "national_id"}
	if !p.NationalID.IsZero() {
		number.value, number.shown = string(p.NationalID.Country())+p.NationalID.Digits(), "(on file)"
	}
	return []field{{"given_name", p.GivenName, ""}, {"family_name", p.FamilyName, ""}, {"birth_date", day(p.BirthDate), ""}, number,
		{"protected", p.Protected.String(), ""}, {"email", p.Email, ""}, {"mobile", p.Mobile, ""},
		{"username", p.Username, ""}}
}

func enrolmentFields(e Enrolment) []field {
	return []field{{"from", day(e.From), ""}, {"until", day(e.Until), ""}}
}

func guardianshipFields(g Guardianship) []field {
	return []field{{"legal", fmt.Sprint(g.Legal), ""}, {"basis", g.Basis, ""}}
}

func staffRoleFields(s StaffRole) []field {
	return []field{{"groups", strings.Join(s.GroupSourceIDs, ", "), ""}, {"from", day(s.From), ""}, {"until", day(s.Until), ""}}
}

// settlePerson keeps what a file leaves empty. Silence about protection never lowers it, and contact hints of a strictly
// protected person go.
func settlePerson(old, now Person) Person {
	if now.NationalID.IsZero() {
		now.NationalID = old.NationalID
	}
	if now.BirthDate.IsZero() {
		now.BirthDate = old.BirthDate
	}
	if !now.ProtectionStated {
		now.Protected = max(now.Protected, old.Protected)
	}
	now.Email, now.Mobile = firstOf(now.Email, old.Email), firstOf(now.Mobile, old.Mobile)
	now.Username = firstOf(now.Username, old.Username)
	if now.Protected == ProtectionStrict {
		now.Email, now.Mobile = "", ""
	}
	return now
}

// settleGuardianship keeps custody and basis that the file does not speak about.
func settleGuardianship(old, now Guardianship) Guardianship {
	if !now.LegalStated {
		now.Legal = now.Legal || old.Legal
	}
	now.Basis = firstOf(now.Basis, old.Basis)
	return now
}

// settleStaffRole keeps the known groups when the file does not state all of them.
func (d *differ) settleStaffRole(old, now StaffRole) StaffRole {
	if d.roster.GroupsStated {
		return now
	}
	groups := slices.Clone(now.GroupSourceIDs)
	for _, group := range old.GroupSourceIDs {
		if d.alive[Ref{NounGroup, group}] {
			groups = append(groups, group)
		}
	}
	slices.Sort(groups)
	now.GroupSourceIDs = slices.Compact(groups)
	return now
}

// inLiveGroups takes groups that are not in force out of staff roles; the roles stay.
func (d *differ) inLiveGroups(roles []StaffRole) []StaffRole {
	live := make([]StaffRole, 0, len(roles))
	for _, role := range roles {
		var groups []string
		for _, group := range role.GroupSourceIDs {
			if d.alive[Ref{NounGroup, group}] {
				groups = append(groups, group)
				continue
			}
			d.unresolved = append(d.unresolved, Unresolved{NounStaffRole, role.Key(), d.label(role), "it names a group that is neither in the file nor in force here"})
		}
		role.GroupSourceIDs = groups
		live = append(live, role)
	}
	return live
}

// noticePerson collects changes of a known person that a head has to look at.
func (d *differ) noticePerson(label string, old *Person, now Person) {
	if old == nil {
		return
	}
	add := func(kind AttentionKind) {
		d.attention = append(d.attention, Attention{kind, NounPerson, now.SourceID, label})
	}
	switch {
	case now.Protected > old.Protected:
		add(ProtectionRaised)
	case now.Protected < old.Protected:
		add(ProtectionLowered)
	}
	if !old.NationalID.IsZero() && old.NationalID != now.NationalID {
		add(NumberChanged)
	}
}

// noticeGuardianship collects new guardians of known children, and custody that changed.
func (d *differ) noticeGuardianship(label string, old *Guardianship, now Guardianship) {
	add := func(kind AttentionKind) {
		d.attention = append(d.attention, Attention{kind, NounGuardianship, now.Key(), label})
	}
	switch {
	case old == nil && !d.newPerson[now.ChildSourceID]:
		add(GuardianAdded)
	case old == nil, old.Legal == now.Legal:
	case now.Legal:
		add(CustodyGained)
	default:
		add(CustodyLost)
	}
}
