package auditor_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/cmd/budstikke/internal/auditor"
	"budstikke.example/cmd/budstikke/internal/boot"
	"budstikke.example/migrations/pgtest"
	"budstikke.example/migrations/scope"
	"budstikke.example/migrations/trail"
)

// B5: whoever asks for a report of somebody's trail stands in the trail first, by name and purpose; the person concerned is told that there was somebody
// and not who; the chain stays whole, and finds it when the name is changed afterwards. Who says nothing of themselves is told nothing.
func TestAReportLeavesAnEntry(t *testing.T) {
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
	exec(`insert into app.persons (municipality_id, id, given_name, family_name, created_at) values ($1, $2, 'Ada', 'Larsson', now())`, m, child)
	for _, purpose := range []string{"roster", "absences", "protected_matter"} {
		err := d.API.WithScope(ctx, scope.Of(m, scope.Staff), func(tx *scope.Tx) error {
			return trail.Act{Operation: "Look", Class: purpose, Children: []uuid.UUID{child}}.Leave(ctx, tx)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	where := boot.Audit{AnchorFile: filepath.Join(t.TempDir(), "anchors"), AnchorKey: anchorKey}
	desk := auditor.At(d.API, where, slog.New(slog.DiscardHandler))
	report := func(slug string, by trail.Asker) (told []string, err error) {
		err = desk.Report(ctx, slug, child, by, func(l trail.Line) error {
			told = append(told, l.Purpose+" "+strings.Join(l.Roles, "+"))
			return nil
		})
		return told, err
	}
	by := trail.Asker{Operator: "ada.lovelace@example.com", Purpose: "access_request"}
	for i := range 2 {
		told, err := report("audited", by)
		if want := append([]string{"roster ", "absences "}, slices.Repeat([]string{"looks operator"}, i+1)...); err != nil || !slices.Equal(told, want) {
			t.Errorf("report %d tells of %q, want %q: %v", i+1, told, want, err)
		}
	}
	for what, by := range map[string]trail.Asker{
		"nobody": {Purpose: "incident"}, "for nothing": {Operator: "ada"}, "two names": {Operator: "ada,for:x", Purpose: "incident"},
		"a line": {Operator: "ada\nhead", Purpose: "incident"}, "a long name": {Operator: strings.Repeat("a", 65), Purpose: "incident"},
		"a sentence": {Operator: "ada", Purpose: "because I can"},
	} {
		if told, err := report("audited", by); !errors.Is(err, trail.ErrAsker) || told != nil {
			t.Errorf("%s: %q, %v", what, told, err)
		}
	}
	told := 0
	err := desk.Report(ctx, "audited", uuid.Max, by, func(trail.Line) error { told++; return nil })
	if err == nil || !strings.Contains(err.Error(), "nobody in audited has the id") || told != 1 {
		t.Errorf("of nobody: %d lines, %v", told, err)
	}
	if _, err := report("nowhere", by); err == nil {
		t.Error("a municipality that does not exist was reported on")
	}
	var kept []string
	if err := d.Admin.QueryRow(ctx, "select array_agg(roles order by seq) from audit.entries where operation = 'AuditReport' and person_id = $1 and caller = 'auditor'", child).
		Scan(&kept); err != nil || !slices.Equal(kept, slices.Repeat([]string{"operator:ada.lovelace@example.com,for:access_request"}, 2)) {
		t.Errorf("the trail keeps %q: %v", kept, err)
	}
	if _, err := desk.Anchor(ctx); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := desk.Verify(ctx, &out); err != nil || !strings.Contains(out.String(), "6 entries and 1 anchors, intact") {
		t.Errorf("after the reports: %v\n%s", err, out.String())
	}
	exec("alter table audit.entries disable trigger all")
	exec("update audit.entries set roles = replace(roles, 'ada', 'eve') where seq = 4")
	var found *trail.Finding
	if err := desk.Verify(ctx, &out); !errors.As(err, &found) || found.Seq != 4 {
		t.Errorf("with another name in it: %v", err)
	}
}
