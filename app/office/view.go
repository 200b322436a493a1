package office

import (
	"budstikke.example/app"
	"budstikke.example/app/view"
)

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
	if d := g.Last; d != nil {
		v.Decision = &AccessDecision{Status: AccessDecisionStatus(d.Status), DecidedAt: d.At, DecidedBy: view.Optional(d.By), Reason: view.Optional(d.Reason)}
		if d.Rule != "" {
			rule := AccessDecisionRule(d.Rule)
			v.Decision.Rule = &rule
		}
	}
	return v
}
