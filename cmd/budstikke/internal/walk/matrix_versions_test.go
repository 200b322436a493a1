package walk_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"budstikke.example/app/web/webtest"
)

// versions says, for every operation that asks for If-Match, where the version stands that its thing has.
var versions = map[string]func(x *target) (sql string, id any){
	"ChangeAbsence": versionOfAbsence, "CancelAbsence": versionOfAbsence, "RemoveAbsenceNote": versionOfAbsence,
	"ActivateGuardianship": versionOfAccess, "DeactivateGuardianship": versionOfAccess, "SuspendGuardianship": versionOfAccess,
	"ProposeLifting": versionOfRestriction, "ConfirmLifting": versionOfRestriction,
	"ChangeExternalPartner": versionOfPartnership, "ChangeProfessional": versionOfPartnership,
	"DecideHeldChange": func(x *target) (string, any) {
		return "select version from app.held_changes where id = $1", x.ids.HeldChange
	},
	"SetAlias": func(x *target) (string, any) {
		return "select version from app.protected_names where person_id = $1", x.ids.Protected
	},
	"CompleteReview": func(x *target) (string, any) { return "select version from app.reviews where id = $1", x.ids.Review },
	"SetReviewRule": func(x *target) (string, any) {
		return "select coalesce(max(version), 0) from app.review_rules where municipality_id = $1", x.ids.Municipality
	},
}

func versionOfAbsence(x *target) (string, any) {
	return "select version from app.absences where id = $1", x.ids.Absence
}

func versionOfPartnership(x *target) (string, any) {
	return "select version from app.partnerships where role_id = $1", x.ids.Partnership
}

func versionOfAccess(x *target) (string, any) {
	return "select version from app.guardianship_access where guardianship_id = $1 limit 1", x.ids.Guardianship
}

func versionOfRestriction(x *target) (string, any) {
	return "select version from app.restrictions where id = $1", x.ids.Restriction
}

// live is the ETag of what each operation is about, as whoever may see it is told; of nothing there is none.
func (m *matrix) live() {
	m.tb.Helper()
	m.tags = map[string]string{}
	for operation, stands := range versions {
		for _, x := range m.targets {
			tag := "1"
			if x.relation != unknownChild {
				sql, id := stands(x)
				tag = strconv.Itoa(one[int](m.town, sql, id))
			}
			m.tags[operation+x.given] = strconv.Quote(tag)
		}
	}
}

// If-Match is the version of this thing and of no other: that of before and of after, and of another thing, a list, any, and whatever is nearly right
// are refused alike and change nothing; the right one is taken, once.
func TestOnlyTheVersionAtHandIsTaken(t *testing.T) {
	t.Parallel()
	w := arrived(t)
	w.settle()
	for _, o := range webtest.Contract(t).Operations {
		r := table[o.ID]
		if !o.Versioned {
			continue
		}
		t.Run(o.ID, func(t *testing.T) {
			x := w.real
			if r.arrange != nil {
				x = r.arrange(w, r.allowed[0])
			}
			c := w.build(o, r, x, r.allowed[0])
			right := c.ifMatch
			number, err := strconv.Atoi(strings.Trim(right, `"`))
			must(t, err)
			before, first := w.fingerprint(), reply{}
			for _, tag := range []string{
				fmt.Sprintf("%q", strconv.Itoa(number-1)), fmt.Sprintf("%q", strconv.Itoa(number+1)), `"4711"`, "*", "W/" + right, right + ", " + right, `"0", ` + right,
				strconv.Itoa(number), fmt.Sprintf(`"0%d"`, number), fmt.Sprintf(`"+%d"`, number), fmt.Sprintf(`" %d"`, number), fmt.Sprintf(`"%d "`, number), `"`, `""`,
				fmt.Sprintf(`"%d"`, uint64(number)+1<<32), fmt.Sprintf(`"%d.0"`, number), "'" + strconv.Itoa(number) + "'", `"` + x.Child.String() + `"`,
			} {
				c.ifMatch, c.key = tag, ""
				got := w.doIn(t, c)
				if got.status != http.StatusPreconditionFailed || got.code != "version_outdated" {
					t.Errorf("If-Match %s where it is %s: answered %d %s", tag, right, got.status, got.code)
				}
				if first.status == 0 {
					first = got
				}
				if got.wire() != first.wire() {
					t.Errorf("If-Match %s is told apart:\n%s\nand\n%s", tag, got.wire(), first.wire())
				}
			}
			w.unchanged(t, before, "by versions that it has not")
			c.ifMatch = right
			if got := w.doIn(t, c); got.status != r.status {
				t.Errorf("with its version: answered %d %s, want %d", got.status, got.code, r.status)
			}
			if got := w.doIn(t, c); got.status < 400 {
				t.Errorf("the version was taken a second time: %d", got.status)
			}
		})
	}
}

// Every operation that asks for a version is one of whose the matrix knows it.
func TestVersionsAreKnown(t *testing.T) {
	t.Parallel()
	for _, o := range webtest.Contract(t).Operations {
		if known := versions[o.ID] != nil; known != o.Versioned {
			t.Errorf("%s asks for a version: %t; the matrix knows one: %t", o.ID, o.Versioned, known)
		}
	}
}
