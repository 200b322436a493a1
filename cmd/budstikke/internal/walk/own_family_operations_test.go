package walk_test

import (
	"slices"
	"strings"
	"testing"

	"budstikke.example/app/web/webtest"
)

// What an operation of the office comes to when it is about the caller's own family.
const (
	likeAnother   = "as about another" // it shows or takes away nothing that is the family's to decide, or is not about a family
	somebodyElses = "not yours"        // a conflict whose code ends so: somebody else decides
	hiddenFrom    = "not there"        // as what does not exist
)

// ownFamily says it for every operation that a head may call.
var ownFamily = map[string]string{
	// What gives, takes or explains away an access, and what stands against one: another head, or the owner.
	"ActivateGuardianship":   somebodyElses,
	"DeactivateGuardianship": somebodyElses,
	"EndGuardianAccount":     somebodyElses,
	"SuspendGuardianship":    somebodyElses,
	"DecideHeldChange":       somebodyElses,
	"DecideHeldChanges":      somebodyElses,
	"SetRestriction":         somebodyElses,
	"ProposeLifting":         somebodyElses,
	"ConfirmLifting":         somebodyElses,
	"ActivateGuardianships":  somebodyElses,
	"ClarifyGuardians":       somebodyElses,
	"DecideApplication":      hiddenFrom,
	"DecideAssistedCase":     "assisted_not_possible", // nothing is opened

	// What is read: the family sees here what its guardians see or may ask for, and reasons of restrictions are left out.
	"ExplainAccess":           likeAnother,
	"ListChildLooks":          likeAnother,
	"ListGuardianships":       likeAnother,
	"GetGuardianship":         likeAnother,
	"ListStaffAccounts":       likeAnother,
	"ListExternalPartners":    likeAnother,
	"ListProfessionals":       likeAnother,
	"ListHeldChanges":         likeAnother,
	"ListStaffRoles":          likeAnother,
	"ListRestrictions":        likeAnother,
	"ListProtectedPersons":    likeAnother,
	"ListProposedActivations": likeAnother,
	"ListUnclarifiedChildren": likeAnother,
	"PreviewAlert":            likeAnother,
	"GetAlertProgress":        likeAnother,
	"ListReviews":             likeAnother,
	"ListTraining":            likeAnother,
	"ListRevisions":           likeAnother,
	"GetRevision":             likeAnother,
	"ListOverdueReviews":      likeAnother,
	"ListOverdueRevisions":    likeAnother,
	"GetReview":               likeAnother,
	"ListReviewRows":          likeAnother,
	"GetReviewReport":         likeAnother,
	"GetReviewRule":           likeAnother,
	"ListApplications":        likeAnother,
	"ListAssistedCases":       likeAnother,
	"ListSharedUsers":         likeAnother,

	// What is about staff, places and routines, and what opens nothing by itself: a wish is for another head to follow, a row of a review that is
	// the family's is left for another (TestAHeadKeepsNobodyOfTheirFamilyInAReview). Nobody of the family is cleared for, or named to a partner.
	"InviteStaff":           likeAnother,
	"EndStaffAccount":       likeAnother,
	"InviteExternalPartner": hiddenFrom,
	"ChangeExternalPartner": hiddenFrom,
	"EndExternalPartner":    likeAnother,
	"EndProfessional":       likeAnother,
	"EnterStaffRole":        likeAnother,
	"EndStaffRole":          likeAnother,
	"SetLeave":              likeAnother,
	"EndLeave":              likeAnother,
	"GrantClearance":        hiddenFrom,
	"RevokeClearance":       likeAnother,
	"SetAlias":              likeAnother,
	"StateWishFor":          likeAnother,
	"RaiseAlert":            likeAnother,
	"RecordTraining":        likeAnother,
	"CorrectTraining":       likeAnother,
	"ConfirmRevisionPoint":  likeAnother,
	"CompleteRevision":      likeAnother,
	"DecideReviewRows":      likeAnother,
	"KeepReviewRows":        likeAnother,
	"CompleteReview":        likeAnother,
	"MakeWheelLink":         likeAnother,
	"RemoveWheelLink":       likeAnother,
	"SetSharedUserRule":     likeAnother,
	"RotateSharedUser":      likeAnother,
	"StartTabletEnrolment":  likeAnother,
	"RemoveTablet":          likeAnother,
}

// V6, B8, V10: what a head may do about their own child is declared for every operation of the office; one without a line fails, and so does one that does
// otherwise.
func TestWhatAHeadMayDoInTheirOwnFamily(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	for _, o := range webtest.Contract(t).Operations {
		r, listed := table[o.ID]
		if !listed || !strings.HasPrefix(o.Path, "/v1/office/") || !slices.Contains(r.allowed, head) {
			continue
		}
		x := w.real
		if r.arrange != nil {
			x = r.arrange(w, head)
		}
		w.prepare(o.ID, &x)
		c := w.build(o, r, x, head)
		w.parentOfAll(head)
		c.key = newID().String()
		got := w.doIn(t, c)
		w.parentOfNone(head)
		word := got.code
		switch {
		case got.status < 300 && strings.Contains(string(got.body), `_not_yours"`), strings.HasSuffix(got.code, "_not_yours"):
			word = somebodyElses
		case got.status < 300:
			word = likeAnother
		case got.code == "not_found":
			word = hiddenFrom
		}
		if want, declared := ownFamily[o.ID]; !declared || word != want {
			t.Errorf("%s about the caller's own family: %q, declared %q", o.ID, word, want)
		}
	}
}

// parentOfAll makes somebody a legal guardian of every child, as a register would, once everything that an operation is about has been made.
func (w *walk) parentOfAll(caller who) {
	w.tb.Helper()
	w.exec(`insert into app.guardianships (municipality_id, id, child_id, guardian_id, legal, basis, created_at)
		select distinct on (g.child_id) g.municipality_id, gen_random_uuid(), g.child_id, $1, true, 'own family', now() from app.guardianships g
		where g.municipality_id = $2`, w.person(w.is[caller].given), w.here)
}

// parentOfNone takes it back, for the next operation.
func (w *walk) parentOfNone(caller who) {
	w.tb.Helper()
	w.exec("delete from app.guardianship_access where guardian_id = $1", w.person(w.is[caller].given))
	w.exec("delete from app.guardianships where guardian_id = $1 and basis = 'own family'", w.person(w.is[caller].given))
}
