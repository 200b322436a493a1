package walk_test

import (
	"net/http"
	"testing"
	"time"
)

// V10, H1: what nobody confirmed in a review stays suspended when the guardian proves who they are, also where it was suspended before because that proof was
// overdue; and to keep the row opens it.
func TestAProofDoesNotOpenWhatNobodyConfirmed(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	w.lookedAfter(is, "Annelore")
	w.lookedAfter(is, "Bodvaris")
	w.age("Annelore", 365)
	w.passOn()
	if got := w.accessOf("Annelore", "Alfhildis"); got != "suspended" {
		t.Fatalf("with an overdue proof: %s", got)
	}
	id := w.openMonth(t)
	anna := w.guardianship("Annelore", "Alfhildis")
	w.keepGrant(t, is[head].token, id, w.guardianship("Bodvaris", "Alfhildis")).want(t, http.StatusOK, "")
	w.confirmNobody()
	w.keepCalendar(t)
	if got := one[string](w, "select coalesce(outcome, '') from app.review_rows where review_id = $1 and grant_id = $2", id, anna); got != "suspended" {
		t.Fatalf("the review says %q", got)
	}
	w.bankID(w.numbers["Annelore"].Digits())
	if got := w.accessOf("Annelore", "Alfhildis"); got != "suspended" {
		t.Errorf("after a sign-in the access is %s", got)
	}
	w.keepGrant(t, w.boss("Heddavina"), id, anna).want(t, http.StatusOK, "")
	if got := w.accessOf("Annelore", "Alfhildis"); got != "active" {
		t.Errorf("kept, the access is %s", got)
	}
}

// V10: a review has its days from the day on which it is opened, also where that is late in the month.
func TestReviewIsDueSoManyDaysAfterItIsOpened(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	now := w.Clock.Now()
	w.Clock.Advance(time.Date(now.Year(), now.Month()+1, 20, 9, 0, 0, 0, time.UTC).Sub(now))
	id := w.openMonth(t)
	if n := one[int](w, "select due_on - (opened_at at time zone m.time_zone)::date from app.reviews r join app.municipalities m using (municipality_id) where r.id = $1", id); n != 14 {
		t.Errorf("due %d days after it was opened, want 14", n)
	}
}
