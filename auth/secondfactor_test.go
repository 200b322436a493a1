package auth_test

import (
	"testing"

	"github.com/google/uuid"

	"budstikke.example/auth"
)

func TestWhoNeedsASecondFactor(t *testing.T) {
	t.Parallel()
	bees, ants := uuid.New(), uuid.New()
	for _, c := range []struct {
		name  string
		roles []auth.Role
		all   bool
		want  bool
	}{
		{"a guardian", nil, false, false},
		{"a guardian where everybody needs one", nil, true, true},
		{"an employee of one group", []auth.Role{{"employee", bees}}, false, false},
		{"the same where everybody needs one", []auth.Role{{"employee", bees}}, true, true},
		{"a leader of one group", []auth.Role{{"leader", bees}}, false, false},
		{"a substitute in one group", []auth.Role{{"substitute", bees}}, false, false},
		{"two roles in one group", []auth.Role{{"leader", bees}, {"substitute", bees}}, false, false},
		{"an employee of two groups", []auth.Role{{"employee", bees}, {"employee", ants}}, false, true},
		{"an employee of the institution", []auth.Role{{"employee", uuid.Nil}}, false, true},
		{"a leader of one group who helps everywhere", []auth.Role{{"leader", bees}, {"substitute", uuid.Nil}}, false, true},
		{"a head", []auth.Role{{"head", uuid.Nil}}, false, true},
		{"a head of one group", []auth.Role{{"head", bees}}, false, true},
		{"an owner", []auth.Role{{"owner", uuid.Nil}}, false, true},
		{"a municipal professional", []auth.Role{{"municipal_professional", uuid.Nil}}, false, true},
		{"an external partner", []auth.Role{{"external_partner", bees}}, false, true},
		{"an employee of one group who also is a partner", []auth.Role{{"employee", bees}, {"external_partner", bees}}, false, true},
		{"a role that nobody knows", []auth.Role{{"inspector", bees}}, false, true},
	} {
		if got := auth.SecondFactorRequired(c.roles, c.all); got != c.want {
			t.Errorf("%s: %t, want %t", c.name, got, c.want)
		}
	}
}
