package auditor_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/cmd/budstikke/internal/auditor"
	"budstikke.example/cmd/budstikke/internal/boot"
	"budstikke.example/migrations/pgtest"
	"budstikke.example/migrations/scope"
	"budstikke.example/migrations/trail"
)

const anchorKey = "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="

// What was anchored and then cut off together with its head is found; a file of anchors that somebody has changed is refused.
func TestTheTrailIsVerifiedAgainstItsAnchors(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	ctx := context.Background()
	m, child := uuid.New(), uuid.New()
	exec := func(sql string, args ...any) {
		t.Helper()
		if _, err := d.Admin.Exec(ctx, sql, args...); err != nil {
			t.Fatal(err)
		}
	}
	exec(`insert into app.municipalities values ($1, 'audited', 'M', 'SE', 'sv', 'Europe/Stockholm', '1', now())`, m)
	look := func(purpose string) {
		t.Helper()
		err := d.API.WithScope(ctx, scope.Of(m, scope.Staff), func(tx *scope.Tx) error {
			return trail.Act{Operation: "Look", Class: purpose, Children: []uuid.UUID{child}}.Leave(ctx, tx)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(t.TempDir(), "anchors")
	desk := auditor.At(d.API, boot.Audit{AnchorFile: file, AnchorKey: anchorKey}, slog.New(slog.DiscardHandler))
	verify := func() (string, error) {
		var out bytes.Buffer
		err := desk.Verify(ctx, &out)
		return out.String(), err
	}
	if out, err := verify(); err != nil || !strings.Contains(out, "without anchors") {
		t.Errorf("before the first anchor: %v\n%s", err, out)
	}
	for _, purpose := range []string{"roster", "absences", "protected_matter"} {
		look(purpose)
		if n, err := desk.Anchor(ctx); err != nil || n != 1 {
			t.Fatalf("%d anchors, %v", n, err)
		}
	}
	if out, err := verify(); err != nil || !strings.Contains(out, "3 entries and 3 anchors, intact") {
		t.Errorf("untouched: %v\n%s", err, out)
	}
	exec("alter table audit.entries disable trigger all")
	exec("delete from audit.entries where seq = 3")
	exec("update audit.heads set seq = 2, hash = (select hash from audit.entries where seq = 2)")
	var found *trail.Finding
	if _, err := verify(); !errors.As(err, &found) || found.Seq != 3 {
		t.Errorf("cut off: %v", err)
	}
	anchors, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i, change := range map[string][]byte{
		"the number": bytes.Replace(anchors, []byte(`"seq":3`), []byte(`"seq":2`), 1),
		"the hash":   bytes.Replace(anchors, []byte(`"hash":"`), []byte(`"hash":"A`), 1),
		"a word":     append([]byte("{}\n"), anchors...),
	} {
		if err := os.WriteFile(file, change, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := verify(); err == nil || !strings.Contains(err.Error(), "line") {
			t.Errorf("anchors with %s changed: %v", i, err)
		}
	}
}

func TestAnchorsNeedAFileAndAKey(t *testing.T) {
	t.Parallel()
	for _, where := range []boot.Audit{{}, {AnchorFile: "x"}, {AnchorKey: anchorKey}} {
		if _, err := auditor.At(scope.New(nil, time.Now), where, nil).Anchor(context.Background()); !errors.Is(err, auditor.ErrNoAnchors) {
			t.Errorf("%v: %v", where, err)
		}
	}
	_, err := auditor.At(scope.New(nil, time.Now), boot.Audit{AnchorFile: "x", AnchorKey: "dG9vIHNob3J0"}, nil).Anchor(context.Background())
	if !errors.Is(err, trail.ErrKey) || strings.Contains(err.Error(), "dG9v") {
		t.Errorf("a key that is too short: %v", err)
	}
}
