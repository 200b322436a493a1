package textguard

import (
	"strings"
	"testing"
	"time"

	"budstikke.example/app"
	"budstikke.example/app/sensitive"
)

// B4: what the guide breaks at goes through, and is counted; what it reads, or finds too long, is not.
func TestWhatTheGuideBreaksAtIsCounted(t *testing.T) {
	t.Parallel()
	g, err := New([]byte(strings.Repeat("k", 32)))
	if err != nil {
		t.Fatal(err)
	}
	g.Review("Han har epilepsi", sensitive.Message, "nb", app.TextRule{})
	g.Review(strings.Repeat("a", sensitive.MaxRunes+1), sensitive.Message, "nb", app.TextRule{})
	if n := g.Failed(); n != 0 {
		t.Errorf("%d counted of texts that were read", n)
	}
	g.check = func(string, sensitive.Options) sensitive.Report {
		return sensitive.Report{Severity: sensitive.None, Skipped: sensitive.Failed}
	}
	if marked, err := g.Look(Draft{Text: "Han har epilepsi", Context: sensitive.Message}, time.Now()); marked || err != nil {
		t.Errorf("marked %v, %v", marked, err)
	}
	g.Review("Han har epilepsi", sensitive.Message, "nb", app.TextRule{})
	if n := g.Failed(); n != 2 {
		t.Errorf("%d counted, want 2", n)
	}
}
