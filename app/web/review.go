package web

import (
	"budstikke.example/app"
	"budstikke.example/app/sensitive"
)

// review is what the sensitive-text guide found, as the schema TextReview has it (B4).
type review struct {
	Severity        string    `json:"severity"`
	Ruleset         string    `json:"ruleset"`
	Findings        []finding `json:"findings"`
	Acknowledgement string    `json:"acknowledgement,omitempty"`
}

type finding struct {
	Category string   `json:"category"`
	Severity string   `json:"severity"`
	Action   string   `json:"action"`
	Rules    []string `json:"rules"`
	Reason   string   `json:"reason"`
	Advice   string   `json:"advice"`
	Spans    []span   `json:"spans"`
}

type span struct {
	Start     int `json:"start"` // in UTF-16 code units
	End       int `json:"end"`
	StartRune int `json:"startRune"`
	EndRune   int `json:"endRune"`
}

// reviewOf translates a fault's review; nil if it has none.
func reviewOf(found *app.Review) *review {
	if found == nil {
		return nil
	}
	var report sensitive.Report
	switch r := found.Report.(type) {
	case sensitive.Report:
		report = r
	case *sensitive.Report:
		report = *r
	default:
		return nil
	}
	view := &review{Severity: string(report.Severity), Ruleset: report.Ruleset, Findings: []finding{}, Acknowledgement: found.Acknowledgement}
	for _, f := range report.Findings {
		each := finding{Category: string(f.Category), Severity: string(f.Severity), Action: string(f.Action), Rules: f.Rules, Reason: f.Reason, Advice: f.Advice,
			Spans: []span{}}
		for _, s := range f.Spans {
			each.Spans = append(each.Spans, span{Start: s.StartUTF16, End: s.EndUTF16, StartRune: s.StartRune, EndRune: s.EndRune})
		}
		view.Findings = append(view.Findings, each)
	}
	return view
}
