package store_test

import (
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/auth/bankid"
	"budstikke.example/auth/store"
	"budstikke.example/migrations/scope"
)

// waits runs a claim and returns how long it has to wait, 0 when it was granted.
func (b *bundle) waits(t *testing.T, claim func(tx *scope.Tx) error) time.Duration {
	t.Helper()
	err := b.signIn(claim)
	var soon *store.TooSoonError
	if errors.As(err, &soon) {
		return soon.Wait
	}
	must(t, err)
	return 0
}

func (b *bundle) mail(t *testing.T, person uuid.UUID, to string) time.Duration {
	t.Helper()
	return b.waits(t, func(tx *scope.Tx) error {
		_, err := store.ClaimMail(b.ctx, tx, b.keys, person, to)
		return err
	})
}

// H3: in no hour more than five mails by one applicant, whatever the addresses.
func TestMailsOfOneApplicant(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for n := range store.MostMails {
		if wait := b.mail(t, b.person, fmt.Sprintf("%d@example.com", n)); wait != 0 {
			t.Fatalf("mail %d has to wait %s", n+1, wait)
		}
		b.Clock.Advance(10 * time.Minute)
	}
	if wait := b.mail(t, b.person, "6@example.com"); wait != 50*time.Minute {
		t.Errorf("the sixth mail has to wait %s, want 50m", wait)
	}
	if wait := b.mail(t, b.newPerson(t), "6@example.com"); wait != 0 {
		t.Errorf("another applicant has to wait %s", wait)
	}
	b.Clock.Advance(50 * time.Minute)
	if wait := b.mail(t, b.person, "6@example.com"); wait != 0 {
		t.Errorf("an hour after the last mail there are still %s", wait)
	}
}

// Many applicants cannot flood one mailbox, however they spell it.
func TestMailsToOneAddress(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for n, spelling := range []string{"anna@example.com", "Anna@Example.com", " anna@example.com ", "anna+1@example.com", "ANNA+two@example.com"} {
		if wait := b.mail(t, b.newPerson(t), spelling); wait != 0 {
			t.Fatalf("mail %d has to wait %s", n+1, wait)
		}
	}
	if wait := b.mail(t, b.newPerson(t), "anna+3@example.com"); wait != store.MailWindow {
		t.Errorf("the sixth mail has to wait %s, want %s", wait, store.MailWindow)
	}
	if wait := b.mail(t, b.person, "bo@example.com"); wait != 0 {
		t.Errorf("another address has to wait %s", wait)
	}
}

func TestWithdrawnMailsDoNotCount(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for n := range 3 * store.MostMails {
		must(t, b.signIn(func(tx *scope.Tx) error {
			m, err := store.ClaimMail(b.ctx, tx, b.keys, b.person, "anna@example.com")
			if err != nil {
				return fmt.Errorf("withdrawn mail %d: %w", n+1, err)
			}
			return store.WithdrawMail(b.ctx, tx, m)
		}))
	}
}

// B14: a school's address lets a whole school sign in at once, and one machine cannot start orders without end.
func TestStartsFromOneAddress(t *testing.T) {
	t.Parallel()
	b := setup(t)
	from := func(n int) netip.Addr { return netip.MustParseAddr(fmt.Sprintf("2001:db8::%x", n+1)) }
	start := func(a netip.Addr) time.Duration {
		t.Helper()
		return b.waits(t, func(tx *scope.Tx) error { return store.ClaimStart(b.ctx, tx, b.keys, a) })
	}
	must(t, b.signIn(func(tx *scope.Tx) error {
		for n := range store.MostStarts {
			if err := store.ClaimStart(b.ctx, tx, b.keys, from(n)); err != nil {
				return fmt.Errorf("start %d: %w", n+1, err)
			}
		}
		return nil
	}))
	b.Clock.Advance(time.Minute)
	if wait := start(from(store.MostStarts)); wait != store.StartWindow-time.Minute {
		t.Errorf("one more start has to wait %s, want 4m", wait)
	}
	if wait := start(netip.MustParseAddr("2001:db8:0:1::1")); wait != 0 {
		t.Errorf("another network has to wait %s", wait)
	}
	b.Clock.Advance(store.StartWindow - time.Minute)
	if wait := start(from(0)); wait != 0 {
		t.Errorf("in the next window a start has to wait %s", wait)
	}
}

func TestOldOrdersAreForgotten(t *testing.T) {
	t.Parallel()
	b := setup(t)
	order := bankid.Order{OrderRef: "o", AutoStartToken: "a", QRStartToken: "q", QRStartSecret: bankid.Hide("s")}
	begin := func() {
		must(t, b.signIn(func(tx *scope.Tx) error {
			_, err := store.StartOrder(b.ctx, tx, b.keys, order, store.Order{Started: b.Clock.Now()})
			return err
		}))
	}
	begin()
	b.Clock.Advance(store.KeepOrders - time.Second)
	begin()
	forget := func() (n int64) {
		must(t, b.signIn(func(tx *scope.Tx) (err error) {
			n, err = store.ForgetOrders(b.ctx, tx)
			return err
		}))
		return n
	}
	if n := forget(); n != 0 {
		t.Errorf("%d orders of the last day were deleted", n)
	}
	b.Clock.Advance(time.Second)
	if n := forget(); n != 1 || b.count(t, "select count(*) from auth.bankid_orders") != 1 {
		t.Errorf("after a day %d orders were deleted, want the older one", n)
	}
}
