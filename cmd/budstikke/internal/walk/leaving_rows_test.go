package walk_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"budstikke.example/app/web/webtest"
	"budstikke.example/auth/access"
)

// endsNothing are the writes of offices that end nobody's access to anything, with the reason where it is not plain from the name; a test that is
// named instead of a reason lets them end something in a way of their own.
var endsNothing = map[string]string{
	"ActivateGuardianship": "", "ActivateGuardianships": "", "ClarifyGuardians": "", "StateWishFor": "", "EnterStaffRole": "", "InviteStaff": "", "EndLeave": "",
	"InviteExternalPartner": "", "EnterProfessional": "", "GrantClearance": "", "RaiseAlert": "", "PreviewAlert": "", "RecordTraining": "", "CorrectTraining": "", "ConfirmRevisionPoint": "",
	"CompleteRevision": "", "KeepReviewRows": "", "CompleteReview": "each row has had its effect before", "MakeWheelLink": "", "SetReviewRule": "", "DecideApplication": "",
	"SetStaffRule": "", "SetTextRule": "", "SetApplicationPolicy": "", "OpenAssistedCase": "", "DecideAssistedCase": "", "StartTabletEnrolment": "", "SetAlias": "",
	"ProposeLifting": "", "ConfirmLifting": "", "DecideHeldChange": "it widens, or leaves things as they are", "DecideHeldChanges": "the same",
	"SetSecondFactorRule": "TestTheOwnerAsksASecondFactorOfEverybody", "RemoveWheelLink": "TestDeadLinkIsNotFound",
}

// refusals are the reasons of the policy to refuse, each with an ending after which it refuses; in brackets where it is nobody's right that has ended.
var refusals = map[access.Reason]string{
	access.AnotherCaller: "(another door)", access.Unknown: "(nothing there)", access.NotTheirs: "(never was)", access.RoleTooSmall: "(never was)",
	access.WeakSession: "(an obligation)", access.NoPIN: "(an obligation)", access.NotOnTablet: "(never was)", access.NoRelationToChild: "(never was)",
	access.ProtectedIdentity: "(never was)", access.OtherHome: "(never was)", // what the family writes, whoever was of it before
	access.SignedOut: "account ended by the head", access.Restricted: "restricted", access.NoContact: "restricted from contact",
	access.NotCleared: "clearance taken", access.RelationInactive: "deactivated", access.RelationSuspended: "suspended", access.RelationEnded: "ended in the register",
	access.NotEnrolled: "child left", access.NotAtPlace: "child left", access.NoRoleHere: "role ended", access.TermsRequired: "terms owed",
}

// TestEveryEndingHasARow holds the endings against what there is: every write of an office, every reason of the policy to refuse, and every way in which
// something leaves on its own (V15).
func TestEveryEndingHasARow(t *testing.T) {
	t.Parallel()
	x := &exit{town: &town{}, is: map[who]actor{}}
	var names, by []string
	for _, half := range []func(*exit) []ending{(*exit).guardianEndings, (*exit).ruleEndings, (*exit).staffEndings, (*exit).outsideEndings, (*exit).restEndings} {
		for _, e := range half(x) {
			names, by = append(names, e.name), append(by, e.by...)
			for d, f := range e.through {
				if f == "" {
					t.Errorf("%s: nothing says what becomes of the %s", e.name, doorNames[d])
				}
			}
		}
	}
	streams, feeds := 0, 0
	for _, o := range webtest.Contract(t).Operations {
		_, plain := endsNothing[o.ID]
		ends := slices.Contains(by, o.ID)
		if o.Tag == "office" && o.Method != http.MethodGet && plain == ends {
			t.Errorf("%s ends somebody's access, or does not: say which, by a row in the endings or in endsNothing", o.ID)
		}
		for _, answer := range o.Spec.Responses.Map() {
			for kind := range answer.Value.Content {
				switch kind {
				case "text/event-stream":
					streams++
				case "text/calendar":
					feeds++
				}
			}
		}
	}
	if streams != 2 || feeds != 1 {
		t.Errorf("%d streams and %d calendars leave something on their own; the doors know two and one", streams, feeds)
	}
	for _, r := range access.Reasons {
		if _, says := refusals[r]; !says && !slices.Contains([]access.Reason{access.OwnMatter, access.GuardianOfChild, access.GuardianAtPlace, access.AuthorOfIt,
			access.RoleHere, access.OpenToAll, access.ByMachine, access.PolicyOff}, r) {
			t.Errorf("after which ending does the policy refuse with %s?", r)
		}
	}
	for r, name := range refusals {
		if !strings.HasPrefix(name, "(") && !slices.Contains(names, name) {
			t.Errorf("%s: there is no ending %q", r, name)
		}
	}
}
