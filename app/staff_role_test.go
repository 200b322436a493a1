package app_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app"
)

var stockholm = func() *time.Location {
	zone, err := time.LoadLocation("Europe/Stockholm")
	if err != nil {
		panic(err)
	}
	return zone
}()

func dayAt(year int, month time.Month, day int) *app.Day {
	return &app.Day{Year: year, Month: month, Day: day}
}

// V11, B12: access begins with the first day and is gone at the midnight after the last one, where the institution is, also when clocks change.
func TestEnterRole(t *testing.T) {
	t.Parallel()
	now := time.Date(2027, 3, 1, 22, 30, 0, 0, time.UTC) // 23.30 on the first of March in Stockholm
	for name, c := range map[string]struct {
		role        string
		first, last *app.Day
		starts      string
		ends        string
		code        string
	}{
		"today, without an end":           {"leader", nil, nil, "2027-02-28T23:00:00Z", "", ""},
		"a day":                           {"employee", dayAt(2027, 3, 2), dayAt(2027, 3, 2), "2027-03-01T23:00:00Z", "2027-03-02T23:00:00Z", ""},
		"the day of 23 hours":             {"employee", dayAt(2027, 3, 28), dayAt(2027, 3, 28), "2027-03-27T23:00:00Z", "2027-03-28T22:00:00Z", ""},
		"the day of 25 hours":             {"employee", dayAt(2027, 10, 31), dayAt(2027, 10, 31), "2027-10-30T22:00:00Z", "2027-10-31T23:00:00Z", ""},
		"began last week":                 {"leader", dayAt(2027, 2, 22), nil, "2027-02-21T23:00:00Z", "", ""},
		"the last day of February":        {"employee", nil, dayAt(2028, 2, 29), "2027-02-28T23:00:00Z", "2028-02-29T23:00:00Z", ""},
		"today is the last":               {"employee", nil, dayAt(2027, 3, 1), "2027-02-28T23:00:00Z", "2027-03-01T23:00:00Z", ""},
		"a substitute":                    {"substitute", nil, dayAt(2027, 6, 30), "2027-02-28T23:00:00Z", "2027-06-30T22:00:00Z", ""},
		"a substitute without an end":     {"substitute", nil, nil, "", "", "end_required"},
		"a substitute for years":          {"substitute", nil, dayAt(2028, 4, 1), "", "", "days_out_of_reach"},
		"yesterday was the last":          {"employee", nil, dayAt(2027, 2, 28), "", "", "end_in_the_past"},
		"the last before the first":       {"employee", dayAt(2027, 5, 2), dayAt(2027, 5, 1), "", "", "end_before_start"},
		"in another century":              {"leader", dayAt(2127, 3, 1), nil, "", "", "days_out_of_reach"},
		"since the first year":            {"leader", dayAt(1, 1, 1), nil, "", "", "days_out_of_reach"},
		"until the last year that can be": {"leader", nil, dayAt(9999, 12, 31), "", "", "days_out_of_reach"},
	} {
		r, err := app.EnterRole(app.StaffEntry{Role: c.role, FirstDay: c.first, LastDay: c.last}, stockholm, now)
		if c.code != "" {
			if !errors.Is(err, &app.Fault{Code: c.code}) {
				t.Errorf("%s: %v, want %s", name, err, c.code)
			}
			continue
		}
		if err != nil || r.StartsAt.UTC().Format(time.RFC3339) != c.starts || c.ends == "" != r.EndsAt.IsZero() ||
			c.ends != "" && r.EndsAt.UTC().Format(time.RFC3339) != c.ends {
			t.Errorf("%s: from %s to %s, %v; want %s to %s", name, r.StartsAt.UTC(), r.EndsAt.UTC(), err, c.starts, c.ends)
		}
	}
}

// V9, V11: the last day may be moved while the role runs, into what is left of it only.
func TestEndRole(t *testing.T) {
	t.Parallel()
	now := time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	role := app.StaffRole{Role: "substitute", StartsAt: now.Add(-48 * time.Hour), EndsAt: now.Add(48 * time.Hour), EndByDefault: true}
	for name, c := range map[string]struct {
		last *app.Day
		ends time.Time
		code string
	}{
		"at once":       {nil, now, ""},
		"today":         {dayAt(2027, 3, 1), time.Date(2027, 3, 1, 23, 0, 0, 0, time.UTC), ""},
		"later":         {dayAt(2027, 5, 1), time.Date(2027, 5, 1, 22, 0, 0, 0, time.UTC), ""},
		"yesterday":     {dayAt(2027, 2, 28), time.Time{}, "end_in_the_past"},
		"before it":     {dayAt(2027, 2, 1), time.Time{}, "end_before_start"},
		"in two years":  {dayAt(2029, 3, 1), time.Time{}, "days_out_of_reach"},
		"in the future": {dayAt(2099, 3, 1), time.Time{}, "days_out_of_reach"},
	} {
		r, err := role.End(c.last, stockholm, now)
		if c.code != "" {
			if !errors.Is(err, &app.Fault{Code: c.code}) {
				t.Errorf("%s: %v, want %s", name, err, c.code)
			}
			continue
		}
		if err != nil || !r.EndsAt.Equal(c.ends) || r.EndByDefault {
			t.Errorf("%s: ends %s, %v; want %s, decided", name, r.EndsAt, err, c.ends)
		}
	}
}

// V11: a role gives access between its ends and outside its leave, to the moment.
func TestStateOfARole(t *testing.T) {
	t.Parallel()
	now := time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	leave := app.StaffLeave{ID: uuid.New(), StartsAt: now, Until: now.Add(time.Hour)}
	for at, want := range map[time.Duration]app.StaffState{
		-time.Nanosecond: app.RoleRunning, 0: app.RoleOnLeave, time.Hour - time.Nanosecond: app.RoleOnLeave, time.Hour: app.RoleRunning,
		-3 * time.Hour: app.RolePlanned, -2 * time.Hour: app.RoleRunning, 2 * time.Hour: app.RoleEnded,
	} {
		r := app.StaffRole{StartsAt: now.Add(-2 * time.Hour), EndsAt: now.Add(2 * time.Hour), Leave: leave}
		if got := r.State(now.Add(at)); got != want {
			t.Errorf("%s from now it is %s, want %s", at, got, want)
		}
	}
}

// V11: a leave takes the place of the one that is planned, and of one that runs only the end moves.
func TestTakeLeave(t *testing.T) {
	t.Parallel()
	now := time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	id, person, was := uuid.New(), uuid.New(), uuid.New()
	running := app.StaffLeave{ID: was, Person: person, StartsAt: now.AddDate(0, 0, -9)}
	planned := app.StaffLeave{ID: was, Person: person, StartsAt: now.AddDate(0, 0, 9)}
	back := time.Date(2027, 4, 1, 22, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		before app.StaffLeave
		first  *app.Day
		id     uuid.UUID
		starts time.Time
		code   string
	}{
		"none before":         {app.StaffLeave{}, nil, id, time.Date(2027, 2, 28, 23, 0, 0, 0, time.UTC), ""},
		"planned":             {planned, dayAt(2027, 3, 2), was, time.Date(2027, 3, 1, 23, 0, 0, 0, time.UTC), ""},
		"running":             {running, nil, was, running.StartsAt, ""},
		"another later":       {running, dayAt(2027, 3, 10), was, time.Time{}, "leave_running"},
		"in the past century": {app.StaffLeave{}, dayAt(1927, 3, 10), id, time.Time{}, "days_out_of_reach"},
	} {
		l, err := c.before.Take(id, person, c.first, dayAt(2027, 4, 1), stockholm, now)
		if c.code != "" {
			if !errors.Is(err, &app.Fault{Code: c.code}) {
				t.Errorf("%s: %v, want %s", name, err, c.code)
			}
			continue
		}
		if err != nil || l.ID != c.id || l.Person != person || !l.StartsAt.Equal(c.starts) || !l.Until.Equal(back) {
			t.Errorf("%s: %+v, %v", name, l, err)
		}
	}
}
