package app_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app"
)

// V9, V10: what may be decided about a row, by whom, and what comes of it.
func TestSettle(t *testing.T) {
	t.Parallel()
	me, somebody := uuid.New(), uuid.New()
	now := time.Date(2026, 12, 3, 9, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		row     app.ReviewRow
		verdict app.ReviewVerdict
		owner   bool
		alone   bool
		code    string
		effect  app.ReviewEffect
		outcome app.ReviewOutcome
	}{
		"keep":                                   {verdict: app.ReviewVerdict{Choice: app.Keep}, outcome: app.ReviewDone},
		"remove":                                 {verdict: app.ReviewVerdict{Choice: app.Remove}, effect: app.EndsGrant, outcome: app.ReviewDone},
		"remove what has ended":                  {row: app.ReviewRow{Over: true}, verdict: app.ReviewVerdict{Choice: app.Remove}, outcome: app.ReviewAlreadyEnded},
		"keep what was suspended":                {row: app.ReviewRow{Outcome: app.ReviewSuspended}, verdict: app.ReviewVerdict{Choice: app.Keep}, effect: app.OpensAgain, outcome: app.ReviewDone},
		"change what was suspended":              {row: app.ReviewRow{Outcome: app.ReviewSuspended}, verdict: app.ReviewVerdict{Choice: app.Change, Note: "shorter"}, outcome: app.ReviewSuspended},
		"changed, and kept after all":            {row: app.ReviewRow{Decision: app.Change, Outcome: app.ReviewSuspended}, verdict: app.ReviewVerdict{Choice: app.Keep, Was: app.Change}, effect: app.OpensAgain, outcome: app.ReviewDone},
		"remove what was suspended":              {row: app.ReviewRow{Outcome: app.ReviewSuspended}, verdict: app.ReviewVerdict{Choice: app.Remove}, effect: app.EndsGrant, outcome: app.ReviewDone},
		"suspended, and ended since":             {row: app.ReviewRow{Outcome: app.ReviewSuspended, Over: true}, verdict: app.ReviewVerdict{Choice: app.Keep}, outcome: app.ReviewAlreadyEnded},
		"suspended by another review":            {row: app.ReviewRow{Findings: []string{app.FoundSuspended}}, verdict: app.ReviewVerdict{Choice: app.Keep}, effect: app.OpensAgain, outcome: app.ReviewDone},
		"one's own that was suspended":           {row: app.ReviewRow{Person: me, Outcome: app.ReviewSuspended}, verdict: app.ReviewVerdict{Choice: app.Keep}, owner: true, alone: true, code: "review_row_not_yours"},
		"the last guardian, kept":                {row: app.ReviewRow{Outcome: app.ReviewLastGuardian}, verdict: app.ReviewVerdict{Choice: app.Keep}, outcome: app.ReviewDone},
		"keep what has ended":                    {row: app.ReviewRow{Over: true}, verdict: app.ReviewVerdict{Choice: app.Keep}, outcome: app.ReviewAlreadyEnded},
		"change":                                 {verdict: app.ReviewVerdict{Choice: app.Change, Note: "another group"}, outcome: app.ReviewDone},
		"remove with a word that nobody can see": {verdict: app.ReviewVerdict{Choice: app.Remove, Note: "\u200b "}, effect: app.EndsGrant, outcome: app.ReviewDone},
		"change without a word":                  {verdict: app.ReviewVerdict{Choice: app.Change, Note: " \u200b"}, code: "review_note_missing"},
		"decided meanwhile":                      {row: app.ReviewRow{Decision: app.Keep}, verdict: app.ReviewVerdict{Choice: app.Remove}, code: "review_row_decided"},
		"kept, and removed after all":            {row: app.ReviewRow{Decision: app.Keep}, verdict: app.ReviewVerdict{Choice: app.Remove, Was: app.Keep}, effect: app.EndsGrant, outcome: app.ReviewDone},
		"thought to be kept":                     {verdict: app.ReviewVerdict{Choice: app.Remove, Was: app.Keep}, code: "review_row_decided"},
		"removed, and kept after all":            {row: app.ReviewRow{Decision: app.Remove}, verdict: app.ReviewVerdict{Choice: app.Keep, Was: app.Remove}, code: "review_row_decided"},
		"one's own":                              {row: app.ReviewRow{Person: me}, verdict: app.ReviewVerdict{Choice: app.Remove}, owner: true, code: "review_row_not_yours"},
		"one's own, kept":                        {row: app.ReviewRow{Person: me, Role: "head"}, verdict: app.ReviewVerdict{Choice: app.Keep}, owner: true, code: "review_row_not_yours"},
		"one's own, changed":                     {row: app.ReviewRow{Person: me}, verdict: app.ReviewVerdict{Choice: app.Change, Note: "more"}, code: "review_row_not_yours"},
		"one's own, kept alone":                  {row: app.ReviewRow{Person: me, Role: "head"}, verdict: app.ReviewVerdict{Choice: app.Keep}, alone: true, outcome: app.ReviewSelfConfirmed},
		"one's own, removed alone":               {row: app.ReviewRow{Person: me, Role: "head"}, verdict: app.ReviewVerdict{Choice: app.Remove}, owner: true, alone: true, code: "review_row_not_yours"},
		"one's own that has ended":               {row: app.ReviewRow{Person: me, Role: "head", Over: true}, verdict: app.ReviewVerdict{Choice: app.Keep}, outcome: app.ReviewAlreadyEnded},
		"another head, kept by a head":           {row: app.ReviewRow{Role: "head"}, verdict: app.ReviewVerdict{Choice: app.Keep}, outcome: app.ReviewDone},
		"another head, by a head":                {row: app.ReviewRow{Role: "head"}, verdict: app.ReviewVerdict{Choice: app.Remove}, code: "review_row_not_yours"},
		"a head, by the owner":                   {row: app.ReviewRow{Role: "head"}, verdict: app.ReviewVerdict{Choice: app.Remove}, owner: true, effect: app.EndsGrant, outcome: app.ReviewDone},
		"the owner's role, by a head":            {row: app.ReviewRow{Role: "owner"}, verdict: app.ReviewVerdict{Choice: app.Remove}, code: "review_row_not_yours"},
		"an employee's role, by a head":          {row: app.ReviewRow{Role: "employee"}, verdict: app.ReviewVerdict{Choice: app.Remove}, effect: app.EndsGrant, outcome: app.ReviewDone},
		"the family's, kept":                     {row: app.ReviewRow{Family: true}, verdict: app.ReviewVerdict{Choice: app.Keep}, owner: true, code: "review_row_not_yours"},
		"the family's, removed":                  {row: app.ReviewRow{Family: true}, verdict: app.ReviewVerdict{Choice: app.Remove}, owner: true, code: "review_row_not_yours"},
		"the family's, nobody outside":           {row: app.ReviewRow{Family: true, OnlyFamily: true}, verdict: app.ReviewVerdict{Choice: app.Keep}, outcome: app.ReviewSelfConfirmed},
		"the family's, opened again":             {row: app.ReviewRow{Family: true, OnlyFamily: true, Outcome: app.ReviewSuspended}, verdict: app.ReviewVerdict{Choice: app.Keep}, alone: true, code: "review_row_not_yours"},
		"the family's that has ended":            {row: app.ReviewRow{Family: true, Over: true}, verdict: app.ReviewVerdict{Choice: app.Keep}, outcome: app.ReviewAlreadyEnded},
		"one's own with the family":              {row: app.ReviewRow{Person: me, Family: true, OnlyFamily: true}, verdict: app.ReviewVerdict{Choice: app.Keep}, code: "review_row_not_yours"},
	} {
		if c.row.Person == uuid.Nil {
			c.row.Person = somebody
		}
		row, effect, err := c.row.Settle(c.verdict, app.Decider{Person: me, Owner: c.owner, Alone: c.alone}, now)
		var fault *app.Fault
		if c.code != "" {
			if !errors.As(err, &fault) || fault.Code != c.code || effect != app.LeavesAsItIs || row.Decision != c.row.Decision {
				t.Errorf("%s: %v, effect %d, %+v; want %s and nothing changed", name, err, effect, row, c.code)
			}
			continue
		}
		if err != nil || effect != c.effect || row.Outcome != c.outcome || row.Decision != c.verdict.Choice || row.DecidedBy != me || !row.DecidedAt.Equal(now) || row.Note == "\u200b " {
			t.Errorf("%s: %+v, effect %d, %v", name, row, effect, err)
		}
	}
}

func TestCompleteAReviewOnce(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 12, 3, 9, 0, 0, 0, time.UTC)
	r := app.AccessReview{Undecided: 1, Version: 4}
	var fault *app.Fault
	if _, err := r.Complete(uuid.New(), now); !errors.As(err, &fault) || fault.Code != "review_undecided" {
		t.Errorf("with an undecided row: %v", err)
	}
	r.Undecided = 0
	done, err := r.Complete(uuid.New(), now)
	if err != nil || done.Open() || done.Version != 5 {
		t.Errorf("completed: %+v, %v", done, err)
	}
	if _, err := done.Complete(uuid.New(), now); !errors.Is(err, app.ErrReviewCompleted) {
		t.Errorf("a second time: %v", err)
	}
}

// The same review gives the same bytes, and any other byte or key gives the forger away.
func TestReportIsStableAndSigned(t *testing.T) {
	t.Parallel()
	signer, err := app.NewReportSigner([]byte(strings.Repeat("k", 32)))
	if err != nil {
		t.Fatal(err)
	}
	other, err := app.NewReportSigner([]byte(strings.Repeat("o", 32)))
	if err != nil {
		t.Fatal(err)
	}
	r := app.AccessReview{ID: uuid.UUID{1}, InstitutionName: "K <&> Ö", CompletedAt: time.Unix(1000, 0)}
	rows := []app.ReviewRow{
		{ID: uuid.UUID{2}, Kind: "guardian", Person: uuid.UUID{3}, Findings: []string{"child_left"}, Decision: app.Remove, Outcome: app.ReviewDone, Note: "\"x\"\n"},
		{ID: uuid.UUID{4}, Kind: "staff", Person: uuid.UUID{5}, PersonName: "Åse", Role: "leader", Over: true},
	}
	first, err := signer.Report(r, rows)
	if err != nil {
		t.Fatal(err)
	}
	again, err := signer.Report(r, rows)
	if err != nil || again.Report != first.Report || string(again.Signature) != string(first.Signature) {
		t.Errorf("another report of the same: %v", err)
	}
	if err := first.Verify(signer.PublicKey()); err != nil {
		t.Error(err)
	}
	if err := first.Verify(other.PublicKey()); !errors.Is(err, app.ErrReportForged) {
		t.Errorf("with another key: %v", err)
	}
	if err := first.Verify(nil); !errors.Is(err, app.ErrReportForged) {
		t.Errorf("without a key: %v", err)
	}
	for i := range len(first.Report) {
		forged := first
		forged.Report = first.Report[:i] + string(first.Report[i]^1) + first.Report[i+1:]
		if forged.Verify(signer.PublicKey()) == nil {
			t.Fatalf("byte %d changed, and nobody noticed", i)
		}
	}
	text, err := first.Text()
	if err != nil || !strings.Contains(text, "K <&> Ö") || !strings.Contains(text, "child_left") || !strings.Contains(text, "had ended by itself") {
		t.Errorf("for people: %v\n%s", err, text)
	}
	if _, err := (app.SignedReport{Report: "{"}).Text(); err == nil {
		t.Error("half a report was put into words")
	}
}
