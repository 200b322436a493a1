package app_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app"
)

// H12: the latest version that has taken effect is in force; the first that is to come can be accepted before, and no other.
func TestWhichTermsCount(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	version := func(name string, ahead time.Duration) app.Terms {
		return app.Terms{Version: name, EffectiveAt: now.Add(ahead)}
	}
	published := []app.Terms{version("later", 48*time.Hour), version("next", time.Nanosecond), version("now", 0), version("before", -time.Hour)}
	s := app.StandingOf(published, now)
	if s.Current.Version != "now" || s.Next == nil || s.Next.Version != "next" {
		t.Fatalf("%+v", s)
	}
	for name, want := range map[string]string{"now": "", "next": "", "later": "terms_outdated", "before": "terms_outdated", "": "terms_outdated", "unknown": "terms_outdated"} {
		if _, err := s.Accept(name); code(err) != want {
			t.Errorf("accepting %q: %q, want %q", name, code(err), want)
		}
	}
	s.Current.AcceptedAt = now
	if before, err := s.Accept("now"); err != nil || !before {
		t.Errorf("accepted twice: %t, %v", before, err)
	}
	if none := app.StandingOf(nil, now); none.Current.Version != "" || none.Next != nil {
		t.Errorf("where nothing was published: %+v", none)
	} else if _, err := none.Accept(""); code(err) != "terms_outdated" {
		t.Errorf("accepting nothing: %v", err)
	}
}

// Versions take effect in the order in which they are published, so that whoever accepted the last one has accepted what counts.
func TestPublishTerms(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	published := []app.Terms{{Version: "2", EffectiveAt: now.Add(time.Hour)}, {Version: "1", EffectiveAt: now.Add(-time.Hour)}}
	sv := app.TermsText{Locale: "sv", Terms: "x", Privacy: "y"}
	for want, c := range map[string]struct {
		terms     app.Terms
		published []app.Terms
	}{
		"":                    {app.Terms{Version: "3", EffectiveAt: now.Add(2 * time.Hour), Texts: []app.TermsText{sv}}, published},
		"terms_version_taken": {app.Terms{Version: "1", EffectiveAt: now.Add(2 * time.Hour)}, published},
		"terms_out_of_order":  {app.Terms{Version: "3", EffectiveAt: now.Add(time.Hour)}, published},
		"effect_in_the_past":  {app.Terms{Version: "3", EffectiveAt: now.Add(-time.Nanosecond)}, nil},
		"request_invalid":     {app.Terms{Version: "3", Texts: []app.TermsText{sv, {Locale: "en"}, sv}}, nil},
	} {
		by := uuid.New()
		got, err := c.terms.Publish(c.published, by, now)
		if code(err) != want {
			t.Errorf("%+v: %q, want %q", c.terms, code(err), want)
		}
		if want == "" && (got.PublishedBy != by || !got.PublishedAt.Equal(now)) {
			t.Errorf("published: %+v", got)
		}
	}
	if got, err := (app.Terms{Version: "1"}).Publish(nil, uuid.New(), now); err != nil || !got.EffectiveAt.Equal(now) {
		t.Errorf("at once: %+v, %v", got, err)
	}
}
