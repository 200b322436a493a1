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

// B5: what the anchors cannot vouch for is said. Entries of the last hour are named; older ones, for which there should be an anchor, are wrong,
// and so the file cannot be cut off or thrown away unseen. A municipality that is gone from the list is still held to its anchors, and a line that
// was changed spoils no other.
func TestWhatNoAnchorHoldsIsSaid(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	ctx := context.Background()
	one, two := uuid.New(), uuid.New()
	for i, m := range []uuid.UUID{one, two} {
		if _, err := d.Admin.Exec(ctx, `insert into app.municipalities values ($1, $2, 'M', 'SE', 'sv', 'Europe/Stockholm', '1', now())`, m, []string{"one", "two"}[i]); err != nil {
			t.Fatal(err)
		}
	}
	look := func(m uuid.UUID) {
		t.Helper()
		err := d.API.WithScope(ctx, scope.Of(m, scope.Staff), func(tx *scope.Tx) error {
			return trail.Act{Operation: "Look", Class: "roster"}.Leave(ctx, tx)
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
	says := func(when string, err error, words ...string) {
		t.Helper()
		for _, word := range words {
			if err == nil || !strings.Contains(err.Error(), word) {
				t.Errorf("%s: verify says %v, want %q", when, err, word)
			}
		}
	}
	anchor := func() {
		t.Helper()
		if _, err := desk.Anchor(ctx); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		look(one)
		look(two)
	}
	if out, err := verify(); err != nil || !strings.Contains(out, "no anchor holds entry 1 and those after it yet") {
		t.Errorf("within the hour: %v\n%s", err, out)
	}
	anchor()
	d.Clock.Advance(time.Hour)
	look(one)
	anchor()
	d.Clock.Advance(3 * time.Hour)
	if out, err := verify(); err != nil || strings.Contains(out, "yet") {
		t.Errorf("three quiet hours after the last anchor: %v\n%s", err, out)
	}
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(whole, []byte("\n"))
	write := func(text ...[]byte) {
		t.Helper()
		if err := os.WriteFile(file, bytes.Join(text, nil), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(lines[:2]...)
	_, err = verify()
	says("the end of the file cut off", err, one.String(), "entry 3", "no anchor holds it")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	_, err = verify()
	says("the file thrown away", err, one.String(), two.String(), "entry 1")

	write(whole[:len(whole)-1])
	_, err = verify()
	says("the last byte cut off", err, "line 4", "has no end")
	write(bytes.Replace(lines[0], []byte(`"seq"`), []byte(`"Seq"`), 1), bytes.Join(lines[1:], nil))
	if out, err := verify(); !strings.Contains(out, one.String()+": 3 entries and") {
		t.Errorf("one line spoils the others: %v\n%s", err, out)
	} else {
		says("one letter of a line changed", err, "line 1")
	}
	write(whole)
	for _, sql := range []string{"alter table audit.entries disable trigger all", "alter table audit.heads disable trigger all",
		"delete from audit.entries where municipality_id = $1", "delete from audit.heads where municipality_id = $1", "delete from app.municipalities where municipality_id = $1"} {
		args := []any{two}
		if !strings.Contains(sql, "$1") {
			args = nil
		}
		if _, err := d.Admin.Exec(ctx, sql, args...); err != nil {
			t.Fatal(err)
		}
	}
	_, err = verify()
	says("a municipality that is gone with its trail", err, two.String(), "entry 1")
	var found *trail.Finding
	if !errors.As(err, &found) || found.Municipality != two {
		t.Errorf("found %v", err)
	}
}
