package web

import (
	"maps"

	"budstikke.example/app/postgres"
)

// What the trail keeps of terms and privacy notice (H12, B5).
func init() {
	maps.Copy(purposes, map[string]postgres.Purpose{"PublishTerms": postgres.AccessDecision})
	maps.Copy(withoutChildren, map[string]string{"ListTerms": "what the municipality has published"})
}
