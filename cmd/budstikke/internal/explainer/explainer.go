// Package explainer is what the explain command does: it tells whoever runs the program who would see a child, and why (B9).
//
// It may open the database of the settings, and import what commands may. Start reading at Explain.
package explainer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/auth"
	"budstikke.example/cmd/budstikke/internal/boot"
	"budstikke.example/migrations/scope"
)

// Question is who would see what.
type Question struct {
	Municipality string // slug
	About        postgres.Subject
	Person       uuid.UUID // only this person; uuid.Nil asks about everybody
}

// Line is one of an answer: a person who comes into question, a shared tablet on whose roll-call the child stands, or a guardian whom an alert reaches.
// It names nobody: ids, roles, reasons and dates.
type Line struct {
	Person       uuid.UUID `json:"personId,omitzero"`
	Tablet       uuid.UUID `json:"tabletId,omitzero"`
	Caller       string    `json:"caller"` // guardian or staff; tablet; alert for whom one goes to
	Sees         bool      `json:"sees"`
	Reason       string    `json:"reason"`
	HasAccount   bool      `json:"hasAccount"`
	Restrictions []string  `json:"restrictions,omitempty"`
	Grounds      []string  `json:"grounds"`
}

// FromEnvironment opens the database of the settings and explains.
func FromEnvironment(ctx context.Context, log io.Writer, q Question, each func(Line) error) error {
	settings, err := boot.LoadFromEnvironment("audit")
	if err != nil {
		return err
	}
	opened, err := boot.OpenDatabase(ctx, settings)
	if err != nil {
		return err
	}
	defer opened.Close()
	return Explain(ctx, opened, boot.NewLog(log, settings.Process), q, each)
}

// Explain tells each what the decision says of everybody who comes into question, by the facts of this moment. It leaves an entry in the audit
// trail. Errors: no such municipality; nothing to explain, which is also the answer for what belongs to another child.
func Explain(ctx context.Context, opened *scope.DB, log *slog.Logger, q Question, each func(Line) error) error {
	ctx = scope.ByProgram(ctx)
	db := postgres.New(opened, nil, log)
	municipality, err := db.MunicipalityBySlug(ctx, q.Municipality)
	if errors.Is(err, app.ErrNotFound) {
		return fmt.Errorf("there is no municipality %q", q.Municipality)
	}
	if err != nil {
		return err
	}
	explanation, err := db.ExplainViewers(ctx, municipality, q.About)
	if errors.Is(err, app.ErrNotFound) {
		return fmt.Errorf("there is no such %s in %s, or nobody comes into question for it", q.About.Noun, q.Municipality)
	}
	if err != nil {
		return err
	}
	for _, line := range lines(q.About.Noun, explanation) {
		if q.Person != uuid.Nil && line.Person != q.Person {
			continue
		}
		if err := each(line); err != nil {
			return err
		}
	}
	return nil
}

func lines(noun string, e postgres.Explanation) (all []Line) {
	for _, v := range e.Viewers {
		all = append(all, lineOf(noun, v))
	}
	for _, t := range e.Tablets {
		line := Line{Tablet: t.ID, Caller: "tablet", Sees: !t.Locked, Reason: "shows_" + t.Shows,
			Grounds: []string{"group " + t.Group.String() + " at " + t.Institution.String() + " since " + t.Since.UTC().Format(time.RFC3339) + " by " + t.DecidedBy.String()}}
		if t.Locked {
			line.Reason = "locked"
		}
		all = append(all, line)
	}
	for _, a := range e.Alerts {
		line := Line{Person: a.Person, Caller: "alert", Sees: true, Reason: "reached_by_" + strings.Join(a.Channels, "_"), HasAccount: a.Account,
			Grounds: []string{"at " + a.Institution.String()}}
		switch {
		case a.Why != "" && a.Account:
			line.Reason = "in_app_only_" + a.Why
		case a.Why != "":
			line.Sees, line.Reason = false, a.Why
		}
		all = append(all, line)
	}
	return all
}

func lineOf(noun string, v postgres.Viewer) Line {
	d := auth.Explain(noun, v.Caller, v.Facts)
	line := Line{Person: v.Person, Caller: v.Caller, Sees: d.Allow, Reason: string(d.Reason), HasAccount: v.HasAccount, Restrictions: v.Restrictions}
	for _, g := range v.Grounds {
		words := []string{g.Status}
		if g.Role != "" {
			words = append(words, g.Role)
		}
		if g.Institution != uuid.Nil {
			words = append(words, "at "+g.Institution.String())
		}
		for _, when := range []struct {
			word string
			at   time.Time
		}{{"since", g.Since}, {"until", g.Until}, {"decided", g.DecidedAt}} {
			if !when.at.IsZero() {
				words = append(words, when.word+" "+when.at.UTC().Format(time.RFC3339))
			}
		}
		if g.DecidedBy != uuid.Nil {
			words = append(words, "by "+g.DecidedBy.String())
		}
		line.Grounds = append(line.Grounds, strings.Join(words, " "))
	}
	return line
}
