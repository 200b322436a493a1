package walk_test

import (
	"maps"
	"slices"
)

func init() {
	maps.Copy(table, map[string]row{
		"GetTerms": {allowed: slices.Concat(guardians, []who{applicant}), status: 200},
		"AcceptNewTerms": {allowed: guardians, status: 200, arrange: (*walk).termsAhead,
			body: fixed(map[string]any{"version": "ahead"})},
		"ListTerms": {allowed: []who{topOwner}, status: 200},
		"PublishTerms": {allowed: []who{topOwner}, status: 201, body: fixed(map[string]any{
			"version": "2100-01", "effectiveAt": "2100-01-01T00:00:00Z",
			"texts": []map[string]any{{"locale": "sv", "terms": "https://example.com/villkor", "privacy": "https://example.com/integritet"}},
		})},
	})
	narrower["ListTerms"], narrower["PublishTerms"] = []who{topOwner}, []who{topOwner}
}

// termsAhead is a version that takes effect long after everything here.
func (w *walk) termsAhead(who) ids {
	w.exec("insert into app.terms select municipality_id, 'ahead', '2090-01-01', now(), null from app.municipalities on conflict do nothing")
	return w.real
}
