package postgres_test

import "testing"

// B12: a foster parent's or bonus parent's access needs an end, whatever language the register says it in; the register can correct itself, and
// what a head has opened meanwhile stays theirs to decide.
func TestWhoseAccessNeedsAnEnd(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	roster := village(t, "autumn", "", 0, 1, 2, 3, 4, 5, 6, 7)
	needs := map[string]bool{"mor": false, "Familjehemsförälder": true, "plejefar": true, "bonusmamma": true, "Stedfar": true, "bestefar": false, "step-parent": true, "papmor": true}
	words := []string{"mor", "Familjehemsförälder", "plejefar", "bonusmamma", "Stedfar", "bestefar", "step-parent", "papmor"}
	for i, word := range words {
		roster.Guardianships[i].Basis = word
	}
	r.take(t, "lists", roster)
	boxed := func(basis string) bool {
		return one[bool](t, r, "select time_boxed from app.guardianships where basis = $1", basis)
	}
	for word, want := range needs {
		if got := boxed(word); got != want {
			t.Errorf("%s: needs an end: %v, want %v", word, got, want)
		}
	}
	// Opened as a mother's, she turns out to be a foster parent: the import goes through, and the next decision needs an end.
	mother := r.person(t, "lists", "g0")
	r.activate(t, mother)
	roster.Guardianships[0].Basis, roster.Guardianships[4].Basis = "fosterhem", "far"
	r.take(t, "lists", roster)
	if !boxed("fosterhem") || boxed("far") {
		t.Error("the register has corrected itself and nothing has changed")
	}
	if n := r.count(t, "app.guardian_access"); n != 1 {
		t.Errorf("%d have access, want the one whom a head let in", n)
	}
	r.exec(t, "update app.guardianships set status = 'inactive' where guardian_id = $1", mother)
	if _, err := r.Admin.Exec(r.ctx, "update app.guardianship_access set status = 'active' where guardian_id = $1", mother); err == nil {
		t.Error("opened without an end")
	}
}
