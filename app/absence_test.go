package app_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app"
)

func mustZone(t *testing.T, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func code(err error) string {
	var f *app.Fault
	if errors.As(err, &f) {
		return f.Code
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func day(t *testing.T, s string) app.Day {
	t.Helper()
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t.Fatal(err)
	}
	return app.DayOf(d)
}

func TestPeriodValidate(t *testing.T) {
	t.Parallel()
	today := "2026-11-23"
	for name, c := range map[string]struct{ from, to, want string }{
		"today":                         {"2026-11-23", "2026-11-23", ""},
		"began yesterday, ends today":   {"2026-11-22", "2026-11-23", ""},
		"sixty days":                    {"2026-11-23", "2027-01-21", ""},
		"sixty-one days":                {"2026-11-23", "2027-01-22", "absence_too_long"},
		"reversed":                      {"2026-11-24", "2026-11-23", "absence_dates_reversed"},
		"over":                          {"2026-11-21", "2026-11-22", "absence_in_the_past"},
		"half a year ahead":             {"2027-05-22", "2027-05-22", ""},
		"more than half a year ahead":   {"2027-05-23", "2027-05-23", "absence_too_far_ahead"},
		"over the change to summertime": {"2027-03-27", "2027-03-29", ""},
	} {
		err := app.Period{From: day(t, c.from), To: day(t, c.to)}.Validate(day(t, today))
		if code(err) != c.want {
			t.Errorf("%s: %q, want %q", name, code(err), c.want)
		}
	}
}

// What "today" is, the institution's own zone decides: at half past midnight in Helsinki it is still yesterday in Oslo.
func TestStaysHomeGoesByTheInstitutionsDay(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 22, 30, 0, 0, time.UTC)
	yesterday := app.Period{From: day(t, "2026-11-22"), To: day(t, "2026-11-22")}
	child := app.Child{ID: uuid.New(), Institution: app.Institution{ID: uuid.New()}}

	child.Zone = mustZone(t, "Europe/Helsinki") // it is the 23rd
	if _, err := child.StaysHome(uuid.New(), yesterday, app.Illness, "", uuid.New(), now); code(err) != "absence_in_the_past" {
		t.Errorf("in Helsinki: %v", err)
	}
	child.Zone = mustZone(t, "Europe/Oslo") // it is the 22nd
	a, err := child.StaysHome(uuid.New(), yesterday, app.Illness, "  back soon \n", uuid.New(), now)
	if err != nil {
		t.Fatalf("in Oslo: %v", err)
	}
	if a.Child != child.ID || a.Institution != child.Institution.ID || a.Note != "back soon" || a.Version != 1 {
		t.Errorf("absence = %+v", a)
	}
	child.Institution.ID = uuid.Nil
	if _, err := child.StaysHome(uuid.New(), yesterday, app.Illness, "", uuid.New(), now); code(err) != "child_without_institution" {
		t.Errorf("without an institution: %v", err)
	}
}

// V17: a deleted note leaves nothing behind.
func TestRemoveNote(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 7, 30, 0, 0, time.UTC)
	a := app.Absence{Note: "words", NoteSensitive: true, Version: 3}.RemoveNote(now)
	if a.Note != "" || a.NoteSensitive || a.Version != 4 || !a.UpdatedAt.Equal(now) {
		t.Errorf("after RemoveNote: %+v", a)
	}
}

func TestChange(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 7, 30, 0, 0, time.UTC)
	a := app.Absence{Period: app.Period{From: day(t, "2026-11-20"), To: day(t, "2026-11-27")}, Reason: app.Illness, Version: 1}
	to := day(t, "2026-11-24")
	reason := app.Family
	changed, err := a.Change(app.AbsenceChange{To: &to, Reason: &reason}, day(t, "2026-11-23"), now)
	if err != nil || changed.Period.To != to || changed.Period.From != a.Period.From || changed.Reason != reason || changed.Version != 2 {
		t.Errorf("changed = %+v, %v", changed, err)
	}
	past := day(t, "2026-11-21")
	if _, err := a.Change(app.AbsenceChange{To: &past}, day(t, "2026-11-23"), now); code(err) != "absence_in_the_past" {
		t.Errorf("ended in the past: %v", err)
	}
}

// The other guardian's report is named by its days alone (B11).
func TestOverlappingNamesTheDays(t *testing.T) {
	t.Parallel()
	fault := app.Overlapping([]app.Period{
		{From: day(t, "2026-11-23"), To: day(t, "2026-11-23")}, {From: day(t, "2026-11-25"), To: day(t, "2026-11-27")},
	})
	want := "The child is reported away already: 2026-11-23, 2026-11-25 to 2026-11-27. Choose other days, or change that absence."
	if code(fault) != "absence_overlaps" || fault.Detail != want {
		t.Errorf("%s: %s", fault.Code, fault.Detail)
	}
}

func TestWithdraw(t *testing.T) {
	t.Parallel()
	mine := uuid.New()
	a := app.Absence{ReportedBy: mine, Period: app.Period{From: day(t, "2026-11-23"), To: day(t, "2026-11-24")}}
	for name, c := range map[string]struct {
		by    uuid.UUID
		today string
		want  string
	}{
		"before":               {mine, "2026-11-20", ""},
		"in the middle":        {mine, "2026-11-24", ""},
		"afterwards":           {mine, "2026-11-25", "absence_in_the_past"},
		"by another":           {uuid.New(), "2026-11-20", "not_found"},
		"by another, too late": {uuid.New(), "2026-11-25", "not_found"},
	} {
		if got := code(a.Withdraw(c.by, day(t, c.today))); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// A conversation whose other side could not read it takes nothing (V14, V15).
func TestClosedConversation(t *testing.T) {
	t.Parallel()
	for side, want := range map[app.Side]string{app.GuardianSide: "conversation_closed", app.StaffSide: "guardian_inactive"} {
		if _, err := (app.Conversation{}).Write(uuid.New(), uuid.New(), "A", side, "Hej", false, time.Now()); code(err) != want {
			t.Errorf("%s: %q, want %q", side, code(err), want)
		}
	}
}
