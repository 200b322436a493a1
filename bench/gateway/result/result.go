// Package result is what a benchmark leaves behind: a list of figures, one for each subject and case, in bench/results/latest.json. The table that
// make bench prints and those in docs/performance.md are made from the same lines, so that they cannot disagree.
//
// Start reading at Line.
package result

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Line is what one subject did in one case.
type Line struct {
	Bench   string `json:"bench"`
	Case    string `json:"case"`
	Subject string `json:"subject"`
	Unit    string `json:"unit"`
	// Median, Min and Max are over the rounds that were finished; null when none was.
	Median *float64 `json:"median"`
	Min    *float64 `json:"min"`
	Max    *float64 `json:"max"`
	// FloorRatio is the median of the ratios within a round: the subject's speed in shares of the reference's (Floor says which). Null where there is none.
	FloorRatio *float64 `json:"floor_ratio"`
	// Demand says what is asked of Budstikke here, and Met whether it was so; "" and null for what nothing is asked of.
	Demand string `json:"demand"`
	Met    *bool  `json:"met"`

	Floor         string  `json:"floor,omitempty"`           // the subject that FloorRatio holds this one against
	Checks        []Check `json:"checks,omitempty"`          // Demand, one by one
	Rounds        int     `json:"rounds"`                    // how many were run
	Unfinished    int     `json:"unfinished,omitempty"`      // how many of them were not finished in time
	CalibrationMS float64 `json:"calibration_ms"`            // 32 MB of SHA-256 on one core, beside the figures: the machine's speed
	CPUSeconds    float64 `json:"cpu_s,omitempty"`           // of all processes, in the median round
	Duplicates    *int    `json:"duplicates"`                // in all rounds; null where nobody counted
	Lost          *int    `json:"lost"`                      // in all rounds; null where nobody counted
	Note          string  `json:"note,omitempty"`            // what one must know to read the figure
	MeasuredAt    string  `json:"measured_at"`               // RFC 3339
	RSSMegabytes  float64 `json:"rss_mb,omitempty"`          // of the worker process at its largest
	RatioMin      float64 `json:"floor_ratio_min,omitempty"` // the least and the largest of the ratios
	RatioMax      float64 `json:"floor_ratio_max,omitempty"`
}

// Check is one demand and what came of it.
type Check struct {
	What string   `json:"what"`
	Want float64  `json:"want"`
	Got  *float64 `json:"got"` // null when there is nothing to compare with
	Met  bool     `json:"met"`
}

// Read reads a file of lines; one that does not exist has none.
func Read(path string) ([]Line, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var lines []Line
	if err := json.Unmarshal(text, &lines); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return lines, nil
}

// Merge puts a case's lines in the place of those that the file has of the same benchmark and case, and leaves the others. Alone says that the benchmark
// has no other case: what the file has of it under another name goes, too.
func Merge(path string, fresh []Line, alone bool) error {
	lines, err := Read(path)
	if err != nil {
		return err
	}
	lines = slices.DeleteFunc(lines, func(l Line) bool {
		return slices.ContainsFunc(fresh, func(f Line) bool { return f.Bench == l.Bench && (alone || f.Case == l.Case) })
	})
	lines = append(lines, fresh...)
	slices.SortStableFunc(lines, func(a, b Line) int { return order(a.Bench) - order(b.Bench) })
	text, err := json.MarshalIndent(lines, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}

// Benches are the names of the benchmarks, in the order of the tables.
var Benches = []string{"fan-out", "lanes", "first notice", "recovery", "growth", "api", "sms and e-mail"}

func order(bench string) int {
	if i := slices.Index(Benches, bench); i >= 0 {
		return i
	}
	return len(Benches)
}

// Table shows lines of one benchmark in Markdown.
func Table(lines []Line) string {
	var s strings.Builder
	s.WriteString("| case | subject | median (min–max) | of the floor | rounds | CPU s | calibration | duplicates | lost | demand | met |\n")
	s.WriteString("|---|---|---|---|---|---|---|---|---|---|---|\n")
	for _, l := range lines {
		rounds := fmt.Sprint(l.Rounds)
		if l.Unfinished > 0 {
			rounds += fmt.Sprintf(", %d not finished", l.Unfinished)
		}
		fmt.Fprintf(&s, "| %s | %s | %s | %s | %s | %s | %.0f ms | %s | %s | %s | %s |\n", l.Case, l.who(), l.figure(), l.share(), rounds, cpu(l.CPUSeconds),
			l.CalibrationMS, number(l.Duplicates), number(l.Lost), l.demands(), l.met())
	}
	return s.String()
}

// who is the subject with what one must know to read its figure.
func (l Line) who() string {
	if l.Note == "" {
		return l.Subject
	}
	return l.Subject + " (" + l.Note + ")"
}

// number writes a count, and nothing where nobody counted.
func number(n *int) string {
	if n == nil {
		return ""
	}
	return fmt.Sprint(*n)
}

func (l Line) figure() string {
	if l.Median == nil {
		return "not finished"
	}
	text := fmt.Sprintf("%s (%s–%s) %s", short(*l.Median), short(*l.Min), short(*l.Max), l.Unit)
	if l.RSSMegabytes > 0 {
		text += fmt.Sprintf(", %.0f MB", l.RSSMegabytes)
	}
	return text
}

func (l Line) share() string {
	if l.FloorRatio == nil {
		return ""
	}
	return fmt.Sprintf("%.2f (%.2f–%.2f)", *l.FloorRatio, l.RatioMin, l.RatioMax)
}

func (l Line) demands() string {
	var parts []string
	for _, c := range l.Checks {
		if c.Got == nil {
			parts = append(parts, c.What+" (nothing to compare with)")
		} else {
			parts = append(parts, c.What+": "+short(*c.Got))
		}
	}
	return strings.Join(parts, "; ")
}

func (l Line) met() string {
	switch {
	case l.Met == nil:
		return ""
	case *l.Met:
		return "yes"
	}
	return "**no**"
}

func cpu(s float64) string {
	if s == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f", s)
}

// short writes a number with three digits that count.
func short(f float64) string {
	switch {
	case f >= 100:
		return fmt.Sprintf("%.0f", f)
	case f >= 10:
		return fmt.Sprintf("%.1f", f)
	}
	return fmt.Sprintf("%.2f", f)
}
