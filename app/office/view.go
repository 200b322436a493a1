package office

import "budstikke.example/app"

// The only place of this room where nouns become what a head is told. A field is added here on purpose or not at all.

func viewGuardianship(g app.Guardianship) Guardianship {
	v := Guardianship{
		ID: g.ID, InstitutionID: g.Institution, ChildID: g.Child, ChildName: g.ChildName, GuardianID: g.Guardian, GuardianName: g.GuardianName, Basis: g.Basis, Legal: g.Legal,
		Status: GuardianshipStatus(g.Status), HasAccount: g.HasAccount, Etag: app.ETag(g.Version),
	}
	if g.TimeBoxed {
		v.TimeBoxed = &g.TimeBoxed
	}
	if !g.Until.IsZero() {
		v.Until = &g.Until
	}
	if !g.DecidedAt.IsZero() {
		v.DecidedAt = &g.DecidedAt
	}
	return v
}
