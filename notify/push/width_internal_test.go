package push

import "testing"

// grow lets a round of requests be answered, and tells how wide it is then.
func (w *width) grow() int {
	for range w.limit() {
		w.answer()
	}
	return w.limit()
}

// B3: after one loss it is whole again in some rounds; where the next loss was near, it goes on with care.
func TestWidthRemembersWhereALossWasNear(t *testing.T) {
	t.Parallel()
	w := &width{most: 200}
	if w.limit() != 200 || w.now != 0 {
		t.Fatalf("%d at a time in good weather, want all", w.limit())
	}
	w.narrow()
	w.narrow() // what was lost with it
	if w.limit() != 1 || w.now == 0 {
		t.Fatalf("%d at a time after a loss, want one", w.limit())
	}
	rounds := 0
	for ; w.now != 0 && rounds < 1000; rounds++ {
		w.grow()
	}
	if rounds < calmRounds || rounds > 30 {
		t.Errorf("whole again after %d rounds", rounds)
	}
	w.narrow()
	for w.grow() < 40 {
	}
	wide := w.limit()
	w.narrow()
	for range calmRounds + 2 {
		w.grow()
	}
	if got := w.limit(); got != wide/2 {
		t.Errorf("%d at a time soon after a loss of %d, want half", got, wide)
	}
	if got := w.grow(); got != wide/2+1 {
		t.Errorf("%d at a time where the last loss was near, want one more", got)
	}
	for range carefulRounds {
		w.grow()
	}
	if got := w.limit(); got <= wide/2+carefulRounds+1 {
		t.Errorf("%d at a time after %d rounds without a loss", got, carefulRounds+1)
	}
}
