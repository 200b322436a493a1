//go:build bench

package bench

import (
	"crypto/sha256"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"budstikke.example/app/sensitive"
	"budstikke.example/app/sensitive/score"
)

// mixedTexts is how many texts of 500 characters are put together for each label, of other lines each.
const mixedTexts = 300

// mixed are texts of 500 characters put together of lines with a label that nothing was learned from: the guide knows the words of the training lines beforehand.
func mixed(b *testing.B, label string) (texts []string) {
	b.Helper()
	var lines []string
	for _, name := range []string{"fresh", "held"} {
		file, err := os.Open("../app/sensitive/testdata/" + name + ".jsonl")
		if err != nil {
			b.Fatal(err)
		}
		all, err := score.Read(file)
		if err != nil {
			b.Fatal(err)
		}
		if err := file.Close(); err != nil {
			b.Fatal(err)
		}
		for _, l := range all {
			if l.Label == label {
				lines = append(lines, l.Text)
			}
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range mixedTexts {
		var text strings.Builder
		for utf8.RuneCountInString(text.String()) < 500 {
			text.WriteString(lines[random.IntN(len(lines))] + " ")
		}
		texts = append(texts, string([]rune(text.String())[:500]))
	}
	return texts
}

// BenchmarkMixedText prints the time of one check of texts whose words do not repeat, over a few hundred texts by what their lines are labelled with: median and 99th
// percentile of all checks, and both of the best pass beside a floor from the same run, so that runs on machines with other work can be compared. The
// floor is one decoding of the characters and one SHA-256 of the same texts. Each text is checked once before it is measured, so that its words are in the processor's
// caches, but for "collected": there they are not, and the program leaves garbage between the checks, as a server does: the collector runs every few
// dozen texts, and empties the pool of documents.
func BenchmarkMixedText(b *testing.B) {
	for _, name := range []string{"none", "hint", "warn", "collected"} {
		b.Run(name, func(b *testing.B) {
			label := name
			if name == "collected" {
				label = "hint"
			}
			texts := mixed(b, label)
			var times []time.Duration
			best, best99, floor := time.Hour, time.Hour, time.Hour
			sensitive.Prepare()
			b.ReportAllocs()
			b.ResetTimer()
			for b.Loop() {
				var pass []time.Duration
				for _, text := range texts {
					if name == "collected" {
						garbage = make([]byte, 100_000)
					} else {
						sensitive.Check(text, sensitive.Options{Locale: "nb"})
					}
					begun := time.Now()
					sensitive.Check(text, sensitive.Options{Locale: "nb"})
					pass = append(pass, time.Since(begun))
				}
				times = append(times, pass...)
				slices.Sort(pass)
				best, best99, floor = min(best, pass[len(pass)/2]), min(best99, pass[len(pass)*99/100]), min(floor, floorOf(texts))
			}
			slices.Sort(times)
			b.ReportMetric(micros(times[len(times)/2]), "p50_µs")
			b.ReportMetric(micros(times[len(times)*99/100]), "p99_µs")
			b.ReportMetric(micros(best), "best_µs")
			b.ReportMetric(micros(best99), "best_p99_µs")
			b.ReportMetric(micros(floor), "floor_µs")
			b.ReportMetric(float64(best)/float64(floor), "best/floor")
		})
	}
}

// garbage and sink keep what is made for nothing from being left out.
var (
	garbage []byte
	sink    rune
)

// floorOf is how long a text takes to be decoded and hashed, on average.
func floorOf(texts []string) time.Duration {
	begun := time.Now()
	for _, text := range texts {
		for _, r := range text {
			sink += r
		}
		sum := sha256.Sum256([]byte(text))
		sink += rune(sum[0])
	}
	return time.Since(begun) / time.Duration(len(texts))
}

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }
