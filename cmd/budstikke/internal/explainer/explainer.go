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

// Line is one person of an answer. It names nobody: ids, roles, reasons and dates.
type Line struct {
	Person       uuid.UUID `json:"personId"`
	Caller       string    `json:"caller"`
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
	list, err := db.ExplainViewers(ctx, municipality, q.About)
	if errors.Is(err, app.ErrNotFound) {
		return fmt.Errorf("there is no such %s in %s, or nobody comes into question for it", q.About.Noun, q.Municipality)
	}
	if err != nil {
		return err
	}
	for _, v := range list {
		if q.Person != uuid.Nil && v.Person != q.Person {
			continue
		}
		if err := each(lineOf(q.About.Noun, v)); err != nil {
			return err
		}
	}
	return nil
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
