package office

import "budstikke.example/app"

// The only place of this room where nouns become what a head is told. A field is added here on purpose or not at all.

func value[T any](p *T) T {
	var zero T
	if p == nil {
		return zero
	}
	return *p
}

func viewGuardianship(g app.Guardianship) Guardianship {
	v := Guardianship{
		ID: g.ID, ChildID: g.Child, ChildName: g.ChildName, GuardianName: g.GuardianName, Basis: g.Basis, Legal: g.Legal,
		Status: GuardianshipStatus(g.Status), HasAccount: g.HasAccount,
	}
	if !g.DecidedAt.IsZero() {
		v.DecidedAt = &g.DecidedAt
	}
	return v
}
