// Package auditor is what the audit command and the hourly anchoring do with the trail (B5): verify it, keep its end outside Postgres, and report
// to whom it concerns.
//
// It may open the database of the settings, and import what commands may. Start reading at Open.
package auditor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/user"
	"slices"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/auth/access"
	"budstikke.example/cmd/budstikke/internal/boot"
	"budstikke.example/migrations/scope"
	"budstikke.example/migrations/trail"
)

// Desk is where the trail is looked after.
type Desk struct {
	scope *scope.DB
	db    *postgres.DB
	where boot.Audit
}

// statementTime is the longest a statement of the auditor may run; a report reads the entries of years.
const statementTime = 5 * time.Minute

// Open opens the database by the settings of the environment. Close the desk when it is no longer needed.
func Open(ctx context.Context, log io.Writer) (*Desk, error) {
	settings, err := boot.LoadFromEnvironment("audit")
	if err != nil {
		return nil, err
	}
	settings.Database.StatementTime = max(settings.Database.StatementTime, statementTime)
	opened, err := boot.OpenDatabase(ctx, settings)
	if err != nil {
		return nil, err
	}
	return At(opened, settings.Audit, boot.NewLog(log, settings.Process)), nil
}

// At is a desk on a database that is open already.
func At(opened *scope.DB, where boot.Audit, log *slog.Logger) *Desk {
	return &Desk{scope: opened, db: postgres.New(opened, nil, log), where: where}
}

// Close closes the database.
func (d *Desk) Close() { d.scope.Close() }

// ErrNoAnchors means that no anchors are set up.
var ErrNoAnchors = errors.New("AUDIT_ANCHOR_FILE and AUDIT_ANCHOR_KEY are not set: without anchors nobody can tell whether the end of the trail was cut off")

func (d *Desk) key() (trail.Key, error) {
	if d.where.AnchorFile == "" || d.where.AnchorKey == "" {
		return trail.Key{}, ErrNoAnchors
	}
	key, err := trail.ParseKey(d.where.AnchorKey.Reveal())
	if err != nil {
		return trail.Key{}, fmt.Errorf("AUDIT_ANCHOR_KEY: %w", err)
	}
	return key, nil
}

// Anchor signs the end of every municipality's chain and appends it to the file. It returns how many there were. Error: ErrNoAnchors.
func (d *Desk) Anchor(ctx context.Context) (int, error) {
	ctx = scope.ByProgram(ctx)
	key, err := d.key()
	if err != nil {
		return 0, err
	}
	list, err := d.municipalities(ctx)
	if err != nil {
		return 0, err
	}
	return trail.Anchors(ctx, d.scope, list, key, trail.File{Path: d.where.AnchorFile})
}

func (d *Desk) municipalities(ctx context.Context) ([]uuid.UUID, error) {
	list, err := d.db.Municipalities(ctx)
	if err != nil {
		return nil, err
	}
	ids := make([]uuid.UUID, len(list))
	for i, m := range list {
		ids[i] = m.ID
	}
	return ids, nil
}

// anchors reads the file. Errors: ErrNoAnchors; os.ErrNotExist when there is none yet, or no more; and what is wrong with single lines together with
// the anchors of the others.
func (d *Desk) anchors() (map[uuid.UUID][]trail.Anchor, error) {
	key, err := d.key()
	if err != nil {
		return nil, err
	}
	file, err := os.Open(d.where.AnchorFile)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return key.ReadAnchors(file)
}

// looseTime is how old an entry may be that no anchor holds: anchors are made every hour, and one may be late.
const looseTime = 2 * time.Hour

// Verify verifies every municipality's chain, also that of one that has anchors and is not there any more, and tells out what it found, also what
// it could not look at. Error: what is wrong, joined: lines of the anchors, the first wrong entry of each chain, and entries that should have been
// anchored long ago, without which the end of both could be cut off and nobody would see it.
func (d *Desk) Verify(ctx context.Context, out io.Writer) error {
	ctx = scope.ByProgram(ctx)
	var wrong []error
	anchors, err := d.anchors()
	unanchored := errors.Is(err, ErrNoAnchors)
	var line *trail.Misread
	switch {
	case unanchored, errors.Is(err, os.ErrNotExist): // a file that was thrown away shows by entries that are old and that no anchor holds
		fmt.Fprintln(out, "without anchors:", err)
	case errors.As(err, &line):
		wrong = append(wrong, err)
	case err != nil:
		return err
	}
	list, err := d.municipalities(ctx)
	if err != nil {
		return err
	}
	for m := range anchors {
		if !slices.Contains(list, m) {
			list = append(list, m)
		}
	}
	for _, m := range list {
		state, err := trail.Verify(ctx, d.scope, m, anchors[m])
		var found *trail.Finding
		switch {
		case errors.As(err, &found):
			wrong = append(wrong, err)
			continue
		case err != nil:
			return err
		}
		fmt.Fprintf(out, "municipality %s: %d entries and %d anchors, intact\n", m, state.Entries, len(anchors[m]))
		if state.Sealed.Last > 0 {
			fmt.Fprintf(out, "municipality %s: the %d entries before those were dropped when their time was over, with the months up to %s\n", m, state.Sealed.Last,
				state.Sealed.Month.Format("2006-01"))
		}
		switch {
		case unanchored || state.Loose == 0:
		case d.scope.Now().Sub(state.LooseSince) > looseTime:
			wrong = append(wrong, &trail.Finding{Municipality: m, Seq: state.Loose, Problem: fmt.Sprintf(
				"it is of %s, and no anchor holds it or any after it: anchors were not made since, or their end was cut off", state.LooseSince.UTC().Format(time.DateTime))})
		default:
			fmt.Fprintf(out, "municipality %s: no anchor holds entry %d and those after it yet\n", m, state.Loose)
		}
	}
	return errors.Join(wrong...)
}

// Report tells each what the trail says about a person of a municipality: dates, roles and purposes (C-579/21). That it was asked for, by whom and
// why, stands in the trail first (B5), and is the last line of the report. Errors: no such municipality, trail.ErrAsker; and, after all lines, that nobody has the id.
func (d *Desk) Report(ctx context.Context, slug string, subject uuid.UUID, by trail.Asker, each func(trail.Line) error) error {
	ctx = scope.ByProgram(ctx)
	m, err := d.db.MunicipalityBySlug(ctx, slug)
	if errors.Is(err, app.ErrNotFound) {
		return fmt.Errorf("there is no municipality %q", slug)
	}
	if err != nil {
		return err
	}
	if err := trail.Asked(ctx, d.scope, m, subject, by); err != nil {
		return err
	}
	if err := trail.Report(ctx, d.scope, m, subject, []string{string(access.ProtectedMatter)}, each); err != nil {
		return err
	}
	known, err := d.db.HasPerson(ctx, m, subject)
	if err == nil && !known {
		return fmt.Errorf("nobody in %s has the id %s: the trail has nothing of it but what was told, and the last of that is this report itself", slug, subject)
	}
	return err
}

// Operator is who runs this process by the name of the system's account; whoever became another one with sudo is meant by their own.
func Operator() string {
	if name := os.Getenv("SUDO_USER"); name != "" {
		return name
	}
	me, err := user.Current()
	if err != nil {
		return ""
	}
	return me.Username
}

// AnchorEvery anchors at once and then every hour until ctx ends. A failure is logged and tried again: it never ends the process.
func (d *Desk) AnchorEvery(ctx context.Context, log *slog.Logger) error {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	for {
		if _, err := d.Anchor(ctx); errors.Is(err, ErrNoAnchors) {
			log.Warn("the audit trail is not anchored", "reason", err)
			<-ctx.Done()
			return nil
		} else if err != nil && ctx.Err() == nil {
			log.Error("the end of the audit trail was not anchored", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
