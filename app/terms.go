package app

import (
	"fmt"
	"time"

	"github.com/google/uuid"
)

// Terms are one version of the terms and the privacy notice, published by the municipality (H12). The version in force is the latest that has
// taken effect; what is published never changes.
type Terms struct {
	Version     string
	EffectiveAt time.Time // from then on a guardian who has not accepted it, or a later one, does that first
	PublishedAt time.Time
	PublishedBy uuid.UUID   // uuid.Nil: what the municipality began with
	Texts       []TermsText // none: the app brings its own
	AcceptedAt  time.Time   // by whoever asks; zero: not yet
}

// TermsText is a version in one language: each either the text or the address of a page that holds it.
type TermsText struct {
	Locale  string
	Terms   string
	Privacy string
}

// TermsStanding is what is in force, and what was published ahead: until Next takes effect, nobody has to have accepted it.
type TermsStanding struct {
	Current Terms  // the zero Terms where nothing was published
	Next    *Terms // the first that is to come
}

// ErrTermsRequired is the answer to a guardian who has yet to accept the terms in force. Alerts reach them all the same (B2, H12).
var ErrTermsRequired = &Fault{Kind: Conflict, Code: "terms_required", Detail: "The terms have changed. Read them, accept them, and go on."}

// ErrTermsOutdated refuses the acceptance of a version that is neither in force nor to come: nobody accepts what they did not see.
var ErrTermsOutdated = &Fault{Kind: Conflict, Code: "terms_outdated", Detail: "The terms have changed. Read the present version and accept it.",
	Fields: []Field{{Pointer: "/version", Detail: "is not the present version"}}}

// StandingOf sorts what a municipality has published, the latest effect first, as things are at a moment.
func StandingOf(published []Terms, now time.Time) TermsStanding {
	var s TermsStanding
	for _, t := range published {
		if !t.EffectiveAt.After(now) {
			s.Current = t
			return s
		}
		s.Next = &t
	}
	return s
}

// Accept tells whether a version is one that can be accepted now, and whether it was accepted before, which is no mistake. Fault:
// terms_outdated.
func (s TermsStanding) Accept(version string) (before bool, err error) {
	switch {
	case version != "" && version == s.Current.Version:
		return !s.Current.AcceptedAt.IsZero(), nil
	case s.Next != nil && version == s.Next.Version:
		return !s.Next.AcceptedAt.IsZero(), nil
	}
	return false, ErrTermsOutdated
}

// Publish makes a version out of what an owner wrote; an EffectiveAt that is zero means at once. Versions take effect in the order in which
// they were published, so that the one accepted last is the one that counts. Faults: terms_version_taken, terms_out_of_order, effect_in_the_past,
// request_invalid for a language given twice.
func (t Terms) Publish(published []Terms, by uuid.UUID, now time.Time) (Terms, error) {
	t.PublishedAt, t.PublishedBy = now, by
	if t.EffectiveAt.IsZero() {
		t.EffectiveAt = now
	}
	if t.EffectiveAt.Before(now) {
		return t, &Fault{Kind: Unprocessable, Code: "effect_in_the_past", Detail: "Choose a moment that is still to come, or none: then it takes effect at once.",
			Fields: []Field{{Pointer: "/effectiveAt", Detail: "has passed"}}}
	}
	for _, p := range published {
		if p.Version == t.Version {
			return t, &Fault{Kind: Conflict, Code: "terms_version_taken", Detail: "This version was published before, and what was published does not change. Name another one.",
				Fields: []Field{{Pointer: "/version", Detail: "was published before"}}}
		}
		if !p.EffectiveAt.Before(t.EffectiveAt) {
			return t, &Fault{Kind: Conflict, Code: "terms_out_of_order", Detail: "A version published before takes effect later. Choose a moment after that.",
				Fields: []Field{{Pointer: "/effectiveAt", Detail: "is not after that of the version published last"}}}
		}
	}
	seen := map[string]bool{}
	for i, text := range t.Texts {
		if seen[text.Locale] {
			return t, &Fault{Kind: Malformed, Code: "request_invalid", Detail: "The request does not fit the contract.",
				Fields: []Field{{Pointer: fmt.Sprintf("/texts/%d/locale", i), Detail: "was given before"}}}
		}
		seen[text.Locale] = true
	}
	return t, nil
}
