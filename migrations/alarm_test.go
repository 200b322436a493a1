package migrations_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
)

const happen = `insert into notify.events (municipality_id, id, kind, urgency, subject_id, created_at, expires_at)
	values ($1, $2, $3, $4, $5, now(), now() + interval '1 hour')`

// V20: nothing is critical but an alert that its raiser answers for, and it reaches nobody but the guardians of its institution.
func TestOnlyAnAlertIsCritical(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	head, leader := v.employ(t, "head", &v.kindergarten, nil), v.employ(t, "leader", &v.kindergarten, nil)
	pupil := v.person(t)
	v.enrol(t, pupil, v.school, nil)
	elsewhere := v.guardian(t, pupil)
	alert := v.alert(t, v.kindergarten, head)
	critical := func(subject uuid.UUID) []any { return []any{v.here, uuid.New(), "alert_raised", "critical", subject} }
	v.refused(t, "a guardian", scope.Guardian, v.mother, happen, critical(alert)...)
	v.refused(t, "a machine", scope.Machine, head, happen, critical(alert)...)
	v.refused(t, "an import", scope.Register, head, happen, critical(alert)...)
	v.refused(t, "a colleague", scope.Staff, leader, happen, critical(alert)...)
	v.refused(t, "the head without an alert", scope.Staff, head, happen, critical(v.child)...)
	v.refused(t, "a leader's alert", scope.Staff, leader, `insert into app.alerts (municipality_id, id, institution_id, situation, text, raised_by,
		raised_at) values ($1, gen_random_uuid(), $2, 'closure', 'x', $3, now())`, v.here, v.kindergarten, leader)
	event := critical(alert)
	v.touches(t, 1, "the head", scope.Staff, head, happen, event...)

	const fanOut = `select notify.fan_out($1, 'critical', $2, array_fill('institution'::text, array[3]), array_fill(null::uuid, array[3]),
		array_fill($3::uuid, array[3]), '{in_app}', now(), null)`
	people := []uuid.UUID{v.mother, v.father, elsewhere}
	told := func(want int) {
		t.Helper()
		var n, outside int
		if err := v.Admin.QueryRow(context.Background(), `select count(*), count(*) filter (where person_id = $1) from notify.deliveries`, elsewhere).
			Scan(&n, &outside); err != nil || n != want || outside != 0 {
			t.Errorf("%d told, %d of them from elsewhere, %v; want %d and none", n, outside, err, want)
		}
	}
	for _, who := range []struct {
		caller scope.Caller
		person uuid.UUID
	}{{scope.Guardian, v.mother}, {scope.Staff, leader}, {scope.Machine, head}} {
		if _, err := v.as(who.caller, who.person, fanOut, event[1], people, v.kindergarten); err != nil {
			t.Fatal(err)
		}
		told(0)
	}
	if _, err := v.as(scope.Staff, head, fanOut, event[1], people, v.school); err != nil {
		t.Fatal(err)
	}
	told(0) // on the grounds of another institution
	if _, err := v.as(scope.Staff, head, fanOut, event[1], people, v.kindergarten); err != nil {
		t.Fatal(err)
	}
	told(2)
	v.touches(t, 1, "who was told sees the event", scope.Guardian, v.mother, "select 1 from notify.events")
	v.touches(t, 0, "who was not sees nothing", scope.Guardian, elsewhere, "select 1 from notify.events")
}

// V15: a notice that waits in the app of somebody who cannot read it any more was not received, and the head's board says so.
func TestUnreadableNoticesDoNotCountAsSent(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	event := uuid.New()
	v.exec(t, happen, v.here, event, "message_posted", "routine", v.child)
	old := uuid.New()
	v.exec(t, happen, v.here, old, "message_posted", "routine", v.child)
	for id, made := range map[uuid.UUID]string{event: "1 minute", old: "2 days"} {
		v.exec(t, `insert into notify.deliveries (municipality_id, id, event_id, urgency, person_id, grounds, institution_id, channel, state,
				created_at, settled_at)
			select $1, gen_random_uuid(), $2, 'routine', p, 'institution', $3, 'in_app', 'sent', now() - $4::interval, now()
			from unnest($5::uuid[]) p`, v.here, id, v.kindergarten, made, []uuid.UUID{v.mother, v.father})
	}
	v.exec(t, "update app.guardianships set status = 'inactive' where guardian_id = $1", v.mother)
	for _, want := range []struct {
		person, event uuid.UUID
		state         string
	}{{v.mother, event, "suppressed"}, {v.mother, old, "sent"}, {v.father, event, "sent"}} {
		if got := rows(t, v.Database, "select state from notify.deliveries where person_id = $1 and event_id = $2", want.person, want.event); len(got) != 1 || got[0] != want.state {
			t.Errorf("%v, want %s", got, want.state)
		}
	}
}

// A device that two families register at the same moment belongs to one of them.
func TestOneDeviceHasOneOwnerAlsoAtTheSameMoment(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	other := v.person(t)
	v.enrol(t, other, v.school, nil)
	stranger := v.guardian(t, other)
	const pairs = 20
	const register = `insert into notify.endpoints as p (municipality_id, id, person_id, channel, provider, address, locale, state, created_at,
			registered_at, verified_at)
		values ($1, gen_random_uuid(), $2, 'push', 'fcm', $3, 'sv', 'active', now(), now(), now())
		on conflict (municipality_id, person_id, channel, md5(address), coalesce(registered_as, '')) where state <> 'retired' do update set registered_at = excluded.registered_at`
	for round := range 2 { // the second time each of them has a row already
		var all sync.WaitGroup
		start := make(chan struct{})
		failed := make(chan error, 2*pairs)
		for n := range pairs {
			for _, person := range []uuid.UUID{v.mother, stranger} {
				all.Go(func() {
					<-start
					_, err := v.as(scope.Guardian, person, register, v.here, person, fmt.Sprintf("device-%d", n))
					failed <- err
				})
			}
		}
		close(start)
		all.Wait()
		close(failed)
		for err := range failed {
			if err != nil {
				t.Errorf("round %d: %v", round, err)
			}
		}
		owners := rows(t, v.Database, "select address from notify.endpoints where state <> 'retired'")
		devices := rows(t, v.Database, "select distinct address from notify.endpoints where state <> 'retired'")
		if len(owners) != pairs || len(devices) != pairs {
			t.Errorf("round %d: %d owners of %d devices, want %d of each", round, len(owners), len(devices), pairs)
		}
	}
}
