// Package story runs the main job against a running system and tells it so that a person can read along: who did what, what each person
// received by which channel, what was refused and why. `budstikke demo` tells it; `--json` gives the same facts as lines for a machine.
//
// It uses the API as an app would, over HTTP, and looks at what arrived as the receivers would, in the provider sandbox. It may import what
// the commands may. Start reading at story.go; a fact that does not hold ends the story with an error.
package story

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
)

// Fact is one thing that happened, the same in both forms of the story.
type Fact struct {
	Scene   int      `json:"scene"`
	Kind    FactKind `json:"kind"`
	Who     string   `json:"who,omitempty"`
	What    string   `json:"what"`
	Channel string   `json:"channel,omitempty"` // for Received
	Title   string   `json:"title,omitempty"`   // for Received: mail subject or push title
	Text    string   `json:"text,omitempty"`    // for Received: what the receiver reads
	Code    string   `json:"code,omitempty"`    // for Refused: the stable word of the refusal
	Rules   []string `json:"rules,omitempty"`   // the product's rules that this shows
}

// FactKind is what sort of fact it is.
type FactKind string

// The kinds of fact.
const (
	Heading  FactKind = "scene"
	Did      FactKind = "did"
	Saw      FactKind = "saw"
	Received FactKind = "received"
	Nothing  FactKind = "nothing" // somebody received nothing, and that is the point
	Refused  FactKind = "refused"
	Summary  FactKind = "summary"
)

// Teller writes facts down, as text for people or as JSON lines.
type Teller struct {
	out   io.Writer
	lines *json.Encoder // nil: text
	scene int
	start time.Time
	facts int
	err   error
}

// NewTeller returns a teller that writes to out.
func NewTeller(out io.Writer, asJSON bool) *Teller {
	t := &Teller{out: out, start: time.Now()}
	if asJSON {
		t.lines = json.NewEncoder(out)
	}
	return t
}

// Err returns the first error of writing.
func (t *Teller) Err() error { return t.err }

func (t *Teller) tell(f Fact) {
	f.Scene = t.scene
	t.facts++
	var err error
	if t.lines != nil {
		err = t.lines.Encode(f)
	} else {
		_, err = io.WriteString(t.out, Text(f))
	}
	if t.err == nil {
		t.err = err
	}
}

// Scene begins the next scene.
func (t *Teller) Scene(title string, rules ...string) {
	t.scene++
	t.tell(Fact{Kind: Heading, What: title, Rules: rules})
}

// Did tells what somebody did.
func (t *Teller) Did(who, what string, rules ...string) {
	t.tell(Fact{Kind: Did, Who: who, What: what, Rules: rules})
}

// Saw tells what somebody saw on their screen.
func (t *Teller) Saw(who, what string, rules ...string) {
	t.tell(Fact{Kind: Saw, Who: who, What: what, Rules: rules})
}

// Received tells what somebody got.
func (t *Teller) Received(who, channel, title, body string, rules ...string) {
	t.tell(Fact{Kind: Received, Who: who, What: "received " + channel, Channel: channel, Title: title, Text: body, Rules: rules})
}

// Nothing tells that somebody got nothing.
func (t *Teller) Nothing(who, what string, rules ...string) {
	t.tell(Fact{Kind: Nothing, Who: who, What: what, Rules: rules})
}

// Refused tells what was refused, and with which word.
func (t *Teller) Refused(who, what, code string, rules ...string) {
	t.tell(Fact{Kind: Refused, Who: who, What: what, Code: code, Rules: rules})
}

// End closes the story.
func (t *Teller) End() {
	t.tell(Fact{Kind: Summary, What: fmt.Sprintf("%d scenes, %d facts, every one of them checked, in %.1f s.", t.scene, t.facts, time.Since(t.start).Seconds())})
}

// Text is the fact as the story for people tells it, with the line's end; scenes and the summary have an empty line before them.
func Text(f Fact) string {
	rules := ""
	if len(f.Rules) > 0 {
		rules = "  (" + strings.Join(f.Rules, ", ") + ")"
	}
	switch f.Kind {
	case Heading:
		return fmt.Sprintf("\n%d. %s%s\n", f.Scene, f.What, rules)
	case Received:
		head := fmt.Sprintf("   ✉ %s receives %s%s\n", f.Who, article(f.Channel), rules)
		if f.Title != "" {
			head += "       " + f.Title + "\n"
		}
		for _, line := range strings.Split(strings.TrimSpace(f.Text), "\n") {
			if line = strings.TrimSpace(line); line != "" {
				head += "       " + line + "\n"
			}
		}
		return head
	case Nothing:
		return fmt.Sprintf("   ∅ %s %s%s\n", f.Who, f.What, rules)
	case Refused:
		return fmt.Sprintf("   ✗ %s: %s → refused: %s%s\n", f.Who, f.What, f.Code, rules)
	case Saw:
		return fmt.Sprintf("   ◦ %s sees: %s%s\n", f.Who, f.What, rules)
	case Summary:
		return "\n" + f.What + "\n"
	}
	return fmt.Sprintf("   • %s %s%s\n", f.Who, f.What, rules)
}

func article(channel string) string {
	switch channel {
	case "email":
		return "an e-mail"
	case "sms":
		return "an SMS"
	}
	return "a " + channel
}
