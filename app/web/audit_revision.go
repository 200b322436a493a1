package web

import (
	"maps"

	"budstikke.example/app/postgres"
)

// What the trail keeps of the revisions of the routine (V2, B5).
func init() {
	maps.Copy(purposes, map[string]postgres.Purpose{
		"ConfirmRevisionPoint": postgres.AccessDecision,
		"CompleteRevision":     postgres.AccessDecision,
	})
	maps.Copy(withoutChildren, map[string]string{
		"ListRevisions": "points of a routine and who confirmed them",
		"GetRevision":   "points of a routine and who confirmed them",
	})
}
