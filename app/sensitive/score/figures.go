package score

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// languages and contexts in the order of printing.
var (
	languages = []string{"nb", "nn", "da", "sv", "en"}
	contexts  = []string{"absence", "message"}
)

// Of counts. Every line needs a prediction with its id; the error names one that has none.
func Of(lines []Line, predictions []Prediction) (Figures, error) {
	byID := make(map[string]Prediction, len(predictions))
	for _, p := range predictions {
		byID[p.ID] = p
	}
	f := Figures{Parts: map[string]Slice{}, Confusion: map[string]int{}, Categories: map[string]Category{}}
	for _, l := range lines {
		p, ok := byID[l.ID]
		if !ok {
			return Figures{}, fmt.Errorf("no prediction for %s", l.ID)
		}
		f.All.count(l, p)
		for _, part := range []string{l.Lang, l.Context} {
			s := f.Parts[part]
			s.count(l, p)
			f.Parts[part] = s
		}
		f.Confusion[l.Label+"->"+p.Label]++
		switch {
		case l.Label == "hint":
			f.Escalated.count(p.Label == "warn")
			f.HintFound.count(p.Label != "none")
		case l.Label == "warn" && p.Label == "warn":
			f.Hit.count(slices.ContainsFunc(l.Categories, func(c string) bool { return slices.Contains(p.Categories, c) }))
		}
		f.categories(l, p)
	}
	return f, nil
}

func (s *Slice) count(l Line, p Prediction) {
	warned := p.Label == "warn"
	if l.Label == "warn" {
		s.Recall.count(warned)
	}
	if warned {
		s.Precision.count(l.Label == "warn")
	}
	if l.Label == "none" {
		s.False.count(warned)
	}
}

func (f *Figures) categories(l Line, p Prediction) {
	all := slices.Compact(slices.Sorted(slices.Values(slices.Concat(l.Categories, p.Categories))))
	for _, name := range all {
		c := f.Categories[name]
		has, named := slices.Contains(l.Categories, name), slices.Contains(p.Categories, name)
		if has {
			c.Recall.count(named)
		}
		if named {
			c.Precision.count(has)
		}
		if has && l.Label == "warn" {
			c.Warned.count(p.Label == "warn")
		}
		f.Categories[name] = c
	}
}

// Print writes the figures for people.
func (f Figures) Print(w io.Writer) error {
	var b strings.Builder
	line := func(name string, s Slice) {
		fmt.Fprintf(&b, "%-7s warn recall %s  precision %s  false-warn on none %s\n", name, s.Recall, s.Precision, s.False)
	}
	line("ALL", f.All)
	for _, part := range slices.Concat(languages, contexts) {
		line(part, f.Parts[part])
	}
	b.WriteString("confusion gold->pred")
	for _, key := range slices.Sorted(maps.Keys(f.Confusion)) {
		fmt.Fprintf(&b, "  %s %d", key, f.Confusion[key])
	}
	fmt.Fprintf(&b, "\nover-escalation hint->warn %s\nhint found (hint or warn) %s\ncategory hit on true warns %s\n", f.Escalated, f.HintFound, f.Hit)
	for _, name := range slices.Sorted(maps.Keys(f.Categories)) {
		c := f.Categories[name]
		if c.Recall.N == 0 {
			continue // never right: score.py leaves it out, too
		}
		fmt.Fprintf(&b, "  %-20s cat recall %s cat precision %s line warned %s\n", name, c.Recall, c.Precision, c.Warned)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
