package outbox_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

func TestInAppNotices(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 2)
	me := h.signIn(t, h.guardians[0], scope.Guardian)
	list := func(after outbox.Cursor, limit int) (notices []outbox.Notice) {
		h.within(t, me, func(tx *scope.Tx) (err error) {
			if notices, err = outbox.NoticesAtHome(context.Background(), tx, after, limit); err != nil {
				return err
			}
			same, err := outbox.InAppNotices(context.Background(), tx, after, limit)
			if !slices.Equal(notices, same) {
				t.Errorf("at home %+v, by the policies %+v", notices, same)
			}
			return err
		})
		return notices
	}
	h.Clock.Advance(-time.Hour) // so that the database's clock does not cut the moments down to one
	for range 5 {
		h.announce(t, h.everybody(), notify.InApp)
		h.Clock.Advance(time.Second)
	}
	alert := h.raise(t, h.everybody())
	all := list(outbox.Cursor{}, 100)
	if len(all) != 6 || all[0].Kind != notify.KindAlertRaised || all[0].Urgency != notify.UrgencyCritical {
		t.Fatalf("%d notices, first %+v", len(all), all[0])
	}
	if n := h.count(t, `select count(*) from notify.events where id = $1 and subject_id = $2`, alert.Event, all[0].Subject); n != 1 {
		t.Error("the notice does not say what it is about")
	}
	var paged []outbox.Notice
	for after := (outbox.Cursor{}); ; {
		page := list(after, 2)
		if len(page) == 0 {
			break
		}
		paged = append(paged, page...)
		after = page[len(page)-1].Next()
	}
	if len(paged) != len(all) {
		t.Fatalf("%d notices page by page, want %d", len(paged), len(all))
	}
	for i := range all {
		if paged[i] != all[i] {
			t.Errorf("notice %d is %+v page by page, want %+v", i, paged[i], all[i])
		}
	}
}

// V15: notices about a child end with the access to that child, also for somebody who keeps the access to another.
func TestInAppNoticesOfAnEndedAccessAreGone(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 2)
	h.exec(t, `insert into app.guardianships (municipality_id, id, child_id, guardian_id, legal, basis, created_at)
		values ($1, $2, $3, $4, true, 'parent', now())`, h.municipality, newID(), h.children[1], h.guardians[0])
	h.activate(t, h.guardians[0])
	me := h.signIn(t, h.guardians[0], scope.Guardian)
	h.announce(t, outbox.OfChild(h.children[0], h.guardians[0]), notify.InApp)
	h.announce(t, outbox.OfChild(h.children[1], h.guardians[0]), notify.InApp)
	h.exec(t, `update app.guardianships set status = 'inactive' where guardian_id = $1 and child_id = $2`, h.guardians[0], h.children[0])
	h.within(t, me, func(tx *scope.Tx) error {
		notices, err := outbox.InAppNotices(context.Background(), tx, outbox.Cursor{}, 10)
		if err != nil {
			return err
		}
		same, err := outbox.NoticesAtHome(context.Background(), tx, outbox.Cursor{}, 10)
		if len(notices) != 1 || !slices.Equal(notices, same) {
			t.Errorf("%+v, at home %+v, want the one about the other child", notices, same)
		}
		return err
	})
}

func TestProgressCountsByChannelAndState(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 3)
	head, stranger := newID(), newID()
	h.exec(t, `insert into app.persons (municipality_id, id, given_name, family_name, created_at)
		select $1, unnest($2::uuid[]), 'A', 'B', now()`, h.municipality, []uuid.UUID{head, stranger})
	h.exec(t, `insert into app.staff_roles (municipality_id, id, person_id, institution_id, role, created_at)
		values ($1, $2, $3, $4, 'head', now())`, h.municipality, newID(), head, h.institution)
	school := newID()
	h.exec(t, `insert into app.institutions (municipality_id, id, kind, national_number, name, created_at)
		values ($1, $2, 'school', '2', 'S', now())`, h.municipality, school)
	h.exec(t, `insert into app.staff_roles (municipality_id, id, person_id, institution_id, role, created_at)
		values ($1, $2, $3, $4, 'head', now())`, h.municipality, newID(), stranger, school)
	mine, theirs := h.signIn(t, head, scope.Staff), h.signIn(t, stranger, scope.Staff)
	announced := h.raise(t, h.everybody())
	held := h.claim(t, h.outbox(), announced.Refs[:2]).Deliveries
	settle(t, h.outbox(), held[0], notify.Result{Outcome: notify.Accepted})
	settle(t, h.outbox(), held[1], notify.Result{Outcome: notify.Unknown})
	h.exec(t, `update notify.deliveries set receipt = 'delivered', receipt_rank = 5 where id = $1`, held[0].ID)
	want := map[outbox.Tally]bool{
		{Channel: notify.ChannelInApp, State: outbox.StateSent, Count: 3}:                        true,
		{Channel: notify.ChannelPush, State: outbox.StateSent, Count: 1, Delivered: 1}:           true,
		{Channel: notify.ChannelPush, State: outbox.StateRetry, Count: 1, PossibleDuplicates: 1}: true,
		{Channel: notify.ChannelPush, State: outbox.StatePending, Count: 1}:                      true,
	}
	h.within(t, mine, func(tx *scope.Tx) error {
		tallies, err := outbox.Progress(context.Background(), tx, held[0].Subject)
		if len(tallies) != len(want) {
			t.Errorf("%d tallies, want %d", len(tallies), len(want))
		}
		for _, tally := range tallies {
			if !want[tally] {
				t.Errorf("unexpected %+v", tally)
			}
		}
		return err
	})
	h.within(t, theirs, func(tx *scope.Tx) error {
		tallies, err := outbox.Progress(context.Background(), tx, held[0].Subject)
		if len(tallies) != 0 {
			t.Errorf("the head of another institution sees %+v", tallies)
		}
		return err
	})
}
