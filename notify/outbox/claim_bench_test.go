package outbox_test

import (
	"context"
	"testing"

	"budstikke.example/notify"
)

// BenchmarkClaim claims a fan-out to 20,000 guardians, in the batches that a worker takes (B14, V15). b.N rounds are rounds of everything.
func BenchmarkClaim(b *testing.B) {
	h := newHouse(b, 20_000)
	o := h.outbox()
	for b.Loop() {
		b.StopTimer()
		refs := h.raise(b, h.everybody()).Refs
		h.exec(b, "analyze")
		b.StartTimer()
		claimed := 0
		for at := 0; at < len(refs); at += 6 {
			got, err := o.Claim(context.Background(), notify.ProviderAPNs, refs[at:min(at+6, len(refs))], 200, nil)
			if err != nil {
				b.Fatal(err)
			}
			claimed += len(got.Deliveries)
		}
		if claimed != len(h.guardians) {
			b.Fatalf("%d claimed", claimed)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/20_000, "µs/delivery")
}
