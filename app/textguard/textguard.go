// Package textguard puts the sensitive-text guide (app/sensitive) in front of a write: a text that deserves a warning is answered with the
// warning before anything is stored, and goes through with its acknowledgement, marked (V17, V18). It never blocks (B4).
//
// It does no input or output. Start reading at Guard.Look.
package textguard

import (
	"sync/atomic"
	"time"

	"budstikke.example/app"
	"budstikke.example/app/sensitive"
)

// Guard looks texts over. It is safe for concurrent use.
type Guard struct {
	acks   *sensitive.Acknowledger
	check  func(string, sensitive.Options) sensitive.Report
	failed atomic.Uint64
}

// New returns a guard whose acknowledgements are signed with key (32 bytes or more).
func New(key []byte) (*Guard, error) {
	acks, err := sensitive.NewAcknowledger(key)
	if err != nil {
		return nil, err
	}
	sensitive.Prepare()
	return &Guard{acks: acks, check: sensitive.Check}, nil
}

// Draft is a text that somebody is about to send.
type Draft struct {
	Text            string
	Context         sensitive.Context
	Locale          string       // language of the warning
	Subject         string       // who writes about whom; an acknowledgement holds for this subject only
	Acknowledgement string       // from the warning, when the writer sends the text all the same
	Rule            app.TextRule // what the municipality wants said
}

// Look returns whether the text is to be stored as sensitive. Faults: sensitivity_confirmation_required with the findings and the token that
// acknowledges them; acknowledgement_invalid for a token that is too old or belongs to another text, again with a new one to send.
func (g *Guard) Look(d Draft, now time.Time) (marked bool, err error) {
	report := g.read(d.Text, options(d.Rule, d.Context, d.Locale))
	if !report.NeedsAcknowledgement() {
		return false, nil
	}
	review := &app.Review{Report: report, Acknowledgement: g.acks.Token(d.Text, d.Subject, now)}
	if d.Acknowledgement == "" {
		return false, &app.Fault{Kind: app.Conflict, Code: "sensitivity_confirmation_required", Review: review,
			Detail: "Some of these words may say more than they should. Look at what is marked; send it again with the acknowledgement to send it all the same."}
	}
	if err := g.acks.Verify(d.Acknowledgement, d.Text, d.Subject, now); err != nil {
		return false, &app.Fault{Kind: app.Unprocessable, Code: "acknowledgement_invalid", Review: review,
			Detail: "This acknowledgement is too old or belongs to another text. Look at what is marked and send it with the new one."}
	}
	return true, nil
}

// Review looks a text over without any consequence, for the hint while somebody is writing (B4).
func (g *Guard) Review(text string, context sensitive.Context, locale string, rule app.TextRule) sensitive.Report {
	return g.read(text, options(rule, context, locale))
}

// read reads a text, and counts when the guide broke at it: nobody is kept from writing (B4), so nobody else would notice.
func (g *Guard) read(text string, o sensitive.Options) sensitive.Report {
	report := g.check(text, o)
	if report.Skipped == sensitive.Failed {
		g.failed.Add(1)
	}
	return report
}

// Failed is how many texts the guide broke at since the process began; they went through unread.
func (g *Guard) Failed() uint64 { return g.failed.Load() }

func options(r app.TextRule, context sensitive.Context, locale string) sensitive.Options {
	o := sensitive.Options{Locale: locale, Context: context, Country: r.Country, EverydayIllness: r.EverydayIllness}
	for _, c := range r.CategoriesOff {
		o.Off = append(o.Off, sensitive.Category(c))
	}
	return o
}
