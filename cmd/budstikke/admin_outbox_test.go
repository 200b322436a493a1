package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/migrations/pgtest"
	"budstikke.example/notify/outbox"
)

// deadPushes is a municipality whose dead pushes a test looks after by the command line.
type deadPushes struct {
	*office
	municipality, event uuid.UUID
	slug                string
	ids                 []string
}

// newDeadPushes makes a municipality with so many dead pushes of one event, each to somebody of their own; the last by FCM, all others by APNs.
func newDeadPushes(t *testing.T, o *office, slug, urgency string, n int) *deadPushes {
	t.Helper()
	d := &deadPushes{office: o, municipality: uuid.New(), event: threeHoursAgo(), slug: slug}
	exec := func(sql string, args ...any) {
		t.Helper()
		if _, err := d.Admin.Exec(context.Background(), sql, append([]any{d.municipality}, args...)...); err != nil {
			t.Fatal(err)
		}
	}
	kind := map[string]string{"routine": "message_posted", "critical": "alert_raised"}[urgency]
	exec(`insert into app.municipalities values ($1, $2, 'M', 'SE', 'sv', 'Europe/Stockholm', '1', now())`, slug)
	exec(`insert into app.institutions (municipality_id, id, kind, national_number, name, created_at) values ($1, $2, 'kindergarten', '1', 'K', now())`, d.event)
	exec(`insert into notify.events (municipality_id, id, kind, urgency, subject_id, created_at, expires_at)
		values ($1, $2, $3, $4, $2, now() - interval '3 hours', now() + interval '1 hour')`, d.event, kind, urgency)
	for i := range n {
		person, endpoint, id, provider, reason := uuid.New(), uuid.New(), uuid.New(), "apns", "Shutdown"
		if i == n-1 {
			provider, reason = "fcm", "lost_too_often"
		}
		copy(id[:8], d.event[:8])
		d.ids = append(d.ids, id.String())
		exec(`insert into app.persons (municipality_id, id, given_name, family_name, created_at) values ($1, $2, 'Ada', 'Budvik', now())`, person)
		exec(`insert into notify.endpoints (municipality_id, id, person_id, channel, provider, address, locale, state, created_at, registered_at, verified_at)
			values ($1, $2, $3, 'push', $5, $4, 'sv', 'active', now(), now(), now())`, endpoint, person, "secret-device-"+endpoint.String(), provider)
		exec(`insert into notify.deliveries (municipality_id, id, event_id, urgency, person_id, grounds, institution_id, channel, provider, endpoint_id, state,
				attempt, fence, created_at, settled_at, outcome, status, reason)
			values ($1, $2, $3, $6, $4, 'institution', $3, 'push', $7, $5, 'dead', 20, 20, now(), now(), 'unavailable', 503, $8)`,
			id, d.event, person, endpoint, urgency, provider, reason)
	}
	return d
}

// threeHoursAgo is the id of an event of then: ids begin with their time (RFC 9562, version 7).
func threeHoursAgo() uuid.UUID {
	id := uuid.Must(uuid.NewV7())
	var millis [8]byte
	binary.BigEndian.PutUint64(millis[:], uint64(time.Now().Add(-3*time.Hour).UnixMilli()))
	copy(id[:6], millis[2:])
	return id
}

// newDesk is a database that the program is signed in to as the API's role is.
func newDesk(t *testing.T) *office {
	t.Helper()
	o := &office{Database: pgtest.New(t)}
	o.env = []string{"DATABASE_URL=" + o.APIURL}
	return o
}

// outbox runs a command of the outbox of this municipality.
func (d *deadPushes) outbox(command string, arguments ...string) (out, errs string, code int) {
	return d.run(append([]string{"admin", "outbox", command, "--municipality", d.slug, "--operator", "ada@example.com"}, arguments...)...)
}

// listed are the deliveries that a list tells, sorted.
func (d *deadPushes) listed(t *testing.T, arguments ...string) []string {
	t.Helper()
	out, errs, code := d.outbox("list", append(arguments, "--json")...)
	if code != 0 || errs != "" && !slices.Contains(arguments, "--most") && !strings.HasPrefix(errs, "there is none") {
		t.Fatalf("list %q: %d\n%s", arguments, code, errs)
	}
	ids := []string{}
	for line := range strings.Lines(out) {
		var l outbox.Letter
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatalf("list %q: no JSON document in each line: %q", arguments, line)
		}
		ids = append(ids, l.ID.String())
	}
	slices.Sort(ids)
	return ids
}

func sorted(ids ...string) []string { return append([]string{}, slices.Sorted(slices.Values(ids))...) }

// B3: whoever looks after the system finds what was not delivered by each of the filters, of one municipality alone, and no address or name of anybody.
func TestOutboxListTellsWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	o := newDesk(t)
	here, routine := newDeadPushes(t, o, "here", "critical", 3), newDeadPushes(t, o, "there", "routine", 2)
	for _, c := range []struct {
		of    *deadPushes
		asked []string
		want  []string
	}{
		{here, nil, here.ids}, {routine, nil, routine.ids},
		{here, []string{"--provider", "fcm"}, here.ids[2:]}, {here, []string{"--provider", "twilio"}, nil},
		{here, []string{"--urgency", "critical"}, here.ids}, {here, []string{"--urgency", "routine"}, nil},
		{routine, []string{"--urgency", "routine"}, routine.ids},
		{here, []string{"--reason", "lost_too_often"}, here.ids[2:]},
		{here, []string{"--about", here.event.String()}, here.ids}, {here, []string{"--about", routine.event.String()}, nil},
		{here, []string{"--within", "4h"}, here.ids}, {here, []string{"--within", "2h"}, nil},
		{here, []string{"--most", "2"}, sorted(here.ids...)[:2]},
		{here, []string{"--state", "sent,pending"}, nil}, {here, []string{"--state", "sent,dead"}, here.ids},
	} {
		if got, want := c.of.listed(t, c.asked...), sorted(c.want...); !slices.Equal(got, want) {
			t.Errorf("%s %q lists %v, want %v", c.of.slug, c.asked, got, want)
		}
	}
	out, errs, code := here.outbox("list", "--provider", "fcm")
	if code != 0 || errs != "" || strings.Count(out, "\n") != 1 {
		t.Fatalf("list: %d\n%s\n%s", code, out, errs)
	}
	for _, word := range []string{here.ids[2], "alert_raised", "critical fcm", "dead lost_too_often", "attempt 20", "unavailable 503", "look for a crash in the worker's log"} {
		if !strings.Contains(out, word) {
			t.Errorf("the line says nothing of %q: %s", word, out)
		}
	}
	if _, errs, _ := here.outbox("list", "--most", "3"); !strings.Contains(errs, "the first 3: there may be more") {
		t.Errorf("nobody is told that there may be more: %q", errs)
	}
	all, _, _ := here.outbox("list", "--json")
	if told := out + all; strings.Contains(told, "secret-device") || strings.Contains(told, "Ada") || strings.Contains(told, "Budvik") {
		t.Errorf("it tells of somebody: %s", told)
	}
}

// B3: one delivery is explained in words, or as one document; what is not there, or is another municipality's, is told of by nothing.
func TestOutboxShowExplains(t *testing.T) {
	t.Parallel()
	o := newDesk(t)
	here, there := newDeadPushes(t, o, "here", "critical", 1), newDeadPushes(t, o, "there", "routine", 1)
	out, errs, code := here.outbox("show", here.ids[0])
	if code != 0 || errs != "" || !strings.HasPrefix(out, "dead: it ended without being sent\nlost_too_often: its worker ended, or hung") || !strings.Contains(out, "\n  \"") {
		t.Errorf("show: %d\n%s\n%s", code, out, errs)
	}
	document, errs, code := here.outbox("show", here.ids[0], "--json")
	var told struct{ ID, State, Reason string }
	if err := json.Unmarshal([]byte(document), &told); err != nil || code != 0 || errs != "" || strings.Count(document, "\n") != 1 ||
		told.ID != here.ids[0] || told.State != "dead" || told.Reason != "lost_too_often" {
		t.Errorf("show --json: %d, %v\n%s\n%s", code, err, document, errs)
	}
	if strings.Contains(out+document, "secret-device") {
		t.Errorf("it tells of an address: %s", out)
	}
	for _, id := range []string{there.ids[0], uuid.NewString()} {
		out, errs, code := here.outbox("show", id)
		if code != 1 || out != "" || errs != "budstikke: there is no delivery "+id+"\n" {
			t.Errorf("show of %s: %d\n%s\n%s", id, code, out, errs)
		}
	}
}

// Wrong input does nothing, says what to do, and exits 2 where the command could not be read, else 1.
func TestOutboxRefusesWhatIsWrong(t *testing.T) {
	t.Parallel()
	d := newDeadPushes(t, newDesk(t), "here", "critical", 2)
	nowhere := *d
	nowhere.slug = "nowhere"
	for _, c := range []struct {
		of        *deadPushes
		arguments []string
		code      int
		says      string
	}{
		{d, []string{"replay"}, 1, "say --all for everything"}, {d, []string{"park"}, 1, "say --all for everything"},
		{d, []string{"replay", "--provider", "apns"}, 1, "say --all for everything"}, // a filter alone is no wish
		{d, []string{"replay", "--all", d.ids[0]}, 1, "say --all for everything"},
		{d, []string{"replay", "4711"}, 2, "invalid UUID"}, {d, []string{"park", d.ids[0] + "0"}, 2, "invalid UUID"}, {d, []string{"show", "4711"}, 2, "invalid UUID"},
		{d, []string{"show"}, 2, "expected"}, {d, []string{"list", "--state", "lost"}, 2, "--state"}, {d, []string{"list", "--provider", "pigeon"}, 2, "--provider"},
		{d, []string{"replay", "--all", "--urgency", "loud"}, 2, "--urgency"}, {d, []string{"list", "--about", "4711"}, 2, "invalid UUID"},
		{d, []string{"list", "--most", "0"}, 1, "--most and --within"}, {d, []string{"replay", "--all", "--within", "0s"}, 1, "--most and --within"},
		{&nowhere, []string{"list"}, 1, `there is no municipality "nowhere"`}, {&nowhere, []string{"replay", "--all"}, 1, `there is no municipality "nowhere"`},
		{d, []string{"replay", "--all", "--operator", "two words"}, 1, "say who asks"},
	} {
		out, errs, code := c.of.outbox(c.arguments[0], c.arguments[1:]...)
		if code != c.code || !strings.Contains(errs, c.says) || strings.Contains(out, d.ids[0]) {
			t.Errorf("%q: %d, want %d and %q\n%s\n%s", c.arguments, code, c.code, c.says, out, errs)
		}
	}
	if _, errs, code := d.run("admin", "outbox", "replay", "--all"); code != 2 || !strings.Contains(errs, "--municipality") {
		t.Errorf("of no municipality: %d\n%s", code, errs)
	}
	if n := d.count(t, "notify.deliveries where state = 'dead'"); n != 2 {
		t.Errorf("%d are dead: something that was wrong was done", n)
	}
	if n := d.count(t, "audit.entries where operation in ('ReplayDeliveries', 'ParkDeliveries')"); n != 0 {
		t.Errorf("%d entries tell of what was not done", n)
	}
}
