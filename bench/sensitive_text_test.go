//go:build bench

package bench

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"budstikke.example/app/sensitive"
)

// ordinaryText is what guardians write; sensitiveText has something in every sentence; impliedText says it without a word that any rule knows, so the learned
// weight reads it twice.
const (
	ordinaryText  = "Hun er forkjølet og har feber, så hun blir hjemme til fredag. Kan dere si fra til gruppa at bursdagen er flyttet? Pappa henter klokka fire i dag. "
	sensitiveText = "Mannen min slår meg og barna. Vi sover på krisesenteret og barnevernet vet det. Han har fått diagnosen ADHD og går hos psykolog. "
	impliedText   = "Han stivner og holder seg for hodet når pappa løfter hånda. Vi sover hos søsteren min, og ingen må få vite hvor. Hun teller tablettene sine hver morgen. "
)

// BenchmarkSensitiveText prints the time of one check by length of the text: median and 99th percentile, for ordinary texts and for the worst. What is asked
// of it: at 500 characters 20 µs and 200 µs, at 5,000 a millisecond, and no more memory than the answer.
func BenchmarkSensitiveText(b *testing.B) {
	for _, kind := range []struct{ name, piece string }{
		{"ordinary", ordinaryText}, {"sensitive", sensitiveText}, {"implied", impliedText}, {"one_letter", "a"}, {"digits", "1234567890 "}, {"broken", "\xff\xc3"},
	} {
		for _, length := range []int{57, 500, 5_000, 100_000} {
			text := strings.Repeat(kind.piece, length/len(kind.piece)+1)[:length]
			b.Run(fmt.Sprintf("%s/%d", kind.name, length), func(b *testing.B) {
				var times []time.Duration
				b.ReportAllocs()
				for b.Loop() {
					begun := time.Now()
					sensitive.Check(text, sensitive.Options{Locale: "nb"})
					times = append(times, time.Since(begun))
				}
				slices.Sort(times)
				b.ReportMetric(float64(times[len(times)/2].Nanoseconds())/1e3, "p50_µs")
				b.ReportMetric(float64(times[len(times)*99/100].Nanoseconds())/1e3, "p99_µs")
			})
		}
	}
}
