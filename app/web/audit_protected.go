package web

import (
	"maps"

	"budstikke.example/app/postgres"
)

// What the trail keeps of people whose names are kept from everybody without a clearance (B5, B8).
func init() {
	maps.Copy(purposes, map[string]postgres.Purpose{
		"ListProtectedPersons": postgres.Guardianships,
		"GrantClearance":       postgres.AccessDecision,
		"RevokeClearance":      postgres.AccessDecision,
		"SetAlias":             postgres.AccessDecision,
		"GetProtectedPerson":   postgres.ProtectedIdentity,
	})
}
