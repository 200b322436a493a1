package web

import (
	"maps"

	"budstikke.example/app/postgres"
)

// What the trail keeps of accounts that staff open with the guardian present (H7, B5).
func init() {
	maps.Copy(purposes, map[string]postgres.Purpose{
		"OpenAssistedCase":   postgres.Accounts,
		"ListAssistedCases":  postgres.Guardianships,
		"DecideAssistedCase": postgres.Accounts,
	})
}
