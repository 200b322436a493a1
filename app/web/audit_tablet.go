package web

import (
	"maps"

	"budstikke.example/app/postgres"
)

// What the trail keeps of shared tablets (V7, B5).
func init() {
	maps.Copy(purposes, map[string]postgres.Purpose{
		"GetRollCall":          postgres.Roster,
		"SetSharedUserRule":    postgres.AccessDecision,
		"RotateSharedUser":     postgres.AccessDecision,
		"StartTabletEnrolment": postgres.AccessDecision,
		"RemoveTablet":         postgres.AccessDecision,
	})
	maps.Copy(withoutChildren, map[string]string{
		"ListTabletStaff": "the colleagues who may work on the tablet",
		"UnlockTablet":    "a sign-in, which leaves an entry of its own",
		"ConfirmTablet":   "the secret of the tablet that the caller works on",
		"SetPIN":          "the caller's own PIN",
		"ListSharedUsers": "groups and tablets",
	})
}
