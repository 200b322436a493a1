package store_test

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"budstikke.example/auth/store"
	"budstikke.example/migrations/scope"
)

func address(n int) netip.Addr { return netip.AddrFrom4([4]byte{198, 51, 100, byte(n)}) }

// try claims one try and lets it stand as failed; the wait is 0 when it was granted.
func (b *bundle) try(t *testing.T, username string, from netip.Addr) (wait time.Duration) {
	t.Helper()
	err := b.signIn(func(tx *scope.Tx) error {
		_, err := store.ClaimTry(b.ctx, tx, b.keys, username, from)
		return err
	})
	var soon *store.TooSoonError
	if errors.As(err, &soon) {
		return soon.Wait
	}
	must(t, err)
	return 0
}

func (b *bundle) succeed(t *testing.T, username string, from netip.Addr) {
	t.Helper()
	must(t, b.signIn(func(tx *scope.Tx) error {
		claimed, err := store.ClaimTry(b.ctx, tx, b.keys, username, from)
		if err != nil {
			return err
		}
		return store.ForgiveTry(b.ctx, tx, claimed)
	}))
}

// P10: ten failures in a quarter of an hour, then waits that grow, and never a lock for good.
func TestWaitsGrow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	from := 0
	next := func() netip.Addr { from++; return address(from) } // from everywhere, so that only the user name counts
	for n := range store.UsernameFailures {
		if wait := b.try(t, "Astrid", next()); wait != 0 {
			t.Fatalf("try %d has to wait %s", n+1, wait)
		}
	}
	for _, want := range []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 15 * time.Minute, 15 * time.Minute} {
		if wait := b.try(t, "astrid", next()); wait != want {
			t.Fatalf("the wait is %s, want %s", wait, want)
		}
		b.Clock.Advance(want - time.Second)
		if wait := b.try(t, "astrid", next()); wait != time.Second {
			t.Fatalf("a second before: the wait is %s", wait)
		}
		b.Clock.Advance(time.Second)
		if wait := b.try(t, " ASTRID ", next()); wait != 0 {
			t.Fatalf("after the wait there are still %s", wait)
		}
	}
	if wait := b.try(t, "somebody else", next()); wait != 0 {
		t.Errorf("another user name has to wait %s", wait)
	}
	b.Clock.Advance(store.Quiet)
	for n := range store.UsernameFailures {
		if wait := b.try(t, "astrid", next()); wait != 0 {
			t.Fatalf("after a quiet time try %d has to wait %s", n+1, wait)
		}
	}
}

func TestFailuresAreCountedInAWindow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for n := range 4 * store.UsernameFailures {
		if wait := b.try(t, "astrid", address(n)); wait != 0 {
			t.Fatalf("try %d, one every two minutes, has to wait %s", n+1, wait)
		}
		b.Clock.Advance(2 * time.Minute)
	}
}

// One address that guesses at many user names is slowed down too; in IPv6 a subscriber's /64 is one address.
func TestAddressesWait(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for n := range store.AddressFailures {
		from := netip.MustParseAddr(fmt.Sprintf("2001:db8::%x", n+1))
		if wait := b.try(t, fmt.Sprint("user", n), from); wait != 0 {
			t.Fatalf("try %d has to wait %s", n+1, wait)
		}
	}
	if wait := b.try(t, "one more", netip.MustParseAddr("2001:db8::ffff")); wait != store.FirstWait {
		t.Errorf("the same network has to wait %s, want %s", wait, store.FirstWait)
	}
	if n := b.count(t, "select count(*) from auth.attempts"); n != store.AddressFailures+1 {
		t.Errorf("%d counts are kept, want %d: a refused try must count nothing", n, store.AddressFailures+1)
	}
	if wait := b.try(t, "one more", netip.MustParseAddr("2001:db8:0:1::1")); wait != 0 {
		t.Errorf("another network has to wait %s", wait)
	}
}

// One address is one, however it is written.
func TestAddressIsOneHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	b := setup(t)
	forms := []string{"198.51.100.1", "::ffff:198.51.100.1", "::ffff:198.51.100.1%eth0"}
	for n := range store.AddressFailures {
		if wait := b.try(t, fmt.Sprint("user", n), netip.MustParseAddr(forms[n%len(forms)])); wait != 0 {
			t.Fatalf("try %d has to wait %s", n+1, wait)
		}
	}
	for _, form := range forms {
		if wait := b.try(t, "one more", netip.MustParseAddr(form)); wait != store.FirstWait {
			t.Errorf("%s has to wait %s, want %s", form, wait, store.FirstWait)
		}
	}
}

// P10: tries made side by side cannot outrun the count.
func TestTriesAtTheSameTimeAreCounted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var group sync.WaitGroup
	var mu sync.Mutex
	granted := 0
	for n := range 40 {
		group.Add(1)
		go func() {
			defer group.Done()
			err := b.signIn(func(tx *scope.Tx) error {
				_, err := store.ClaimTry(b.ctx, tx, b.keys, "astrid", address(n))
				return err
			})
			var soon *store.TooSoonError
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				granted++
			} else if !errors.As(err, &soon) {
				t.Error(err)
			}
		}()
	}
	group.Wait()
	if granted != store.UsernameFailures {
		t.Errorf("%d of 40 tries at the same time were granted, want %d", granted, store.UsernameFailures)
	}
}

// P10: nobody can lock somebody out: who has signed in from an address before is counted apart there.
func TestStrangersDoNotLockAnybodyOut(t *testing.T) {
	t.Parallel()
	b := setup(t)
	home := address(200)
	b.succeed(t, "astrid", home)
	for n := range store.UsernameFailures {
		b.try(t, "astrid", address(n))
	}
	if wait := b.try(t, "astrid", address(100)); wait == 0 {
		t.Fatal("strangers are not slowed down")
	}
	b.succeed(t, "astrid", home)
	if wait := b.try(t, "astrid", address(101)); wait == 0 {
		t.Error("a success from a known address gave strangers new tries")
	}
	for n := range store.UsernameFailures {
		if wait := b.try(t, "astrid", home); wait != 0 {
			t.Fatalf("failure %d at home has to wait %s", n+1, wait)
		}
	}
	if wait := b.try(t, "astrid", home); wait != store.FirstWait {
		t.Errorf("at home there is no limit: the wait is %s", wait)
	}
}

// P10: somebody at a school who guesses at everybody's name makes nobody wait who has signed in from the school before.
func TestGuesserBehindTheSameAddressLocksNobodyOut(t *testing.T) {
	t.Parallel()
	b := setup(t)
	school := address(1)
	b.succeed(t, "astrid", school)
	for n := range store.AddressFailures {
		if wait := b.try(t, fmt.Sprint("user", n), school); wait != 0 {
			t.Fatalf("guess %d has to wait %s", n+1, wait)
		}
	}
	if wait := b.try(t, "one more", school); wait != store.FirstWait {
		t.Fatalf("the guesser has to wait %s, want %s", wait, store.FirstWait)
	}
	if wait := b.try(t, "astrid", school); wait != 0 {
		t.Errorf("who signs in there every day has to wait %s", wait)
	}
	b.succeed(t, "astrid", school)
	if wait := b.try(t, "one more", school); wait != store.FirstWait {
		t.Errorf("a success of somebody known changed the guesser's wait to %s", wait)
	}
}

func TestSuccessForgivesAndWithdrawnTriesDoNotCount(t *testing.T) {
	t.Parallel()
	b := setup(t)
	from := address(1)
	for range store.UsernameFailures - 1 {
		b.try(t, "astrid", from)
	}
	b.succeed(t, "astrid", from)
	for n := range store.UsernameFailures {
		if wait := b.try(t, "astrid", from); wait != 0 {
			t.Fatalf("after a success try %d has to wait %s", n+1, wait)
		}
	}
	for n := range 3 * store.UsernameFailures {
		must(t, b.signIn(func(tx *scope.Tx) error {
			claimed, err := store.ClaimTry(b.ctx, tx, b.keys, "nils", address(2))
			if err != nil {
				return fmt.Errorf("withdrawn try %d: %w", n+1, err)
			}
			return store.WithdrawTry(b.ctx, tx, claimed)
		}))
	}
}

func TestOldTriesAreForgotten(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.succeed(t, "astrid", address(1))
	b.try(t, "nils", address(2))
	forget := func() (n int64) {
		t.Helper()
		must(t, b.signIn(func(tx *scope.Tx) (err error) {
			n, err = store.ForgetTries(b.ctx, tx)
			return err
		}))
		return n
	}
	if n := forget(); n != 0 {
		t.Errorf("%d fresh counts were deleted", n)
	}
	b.Clock.Advance(24 * time.Hour)
	if n := forget(); n != 2 {
		t.Errorf("after a day %d counts were deleted, want the failure's 2", n)
	}
	b.Clock.Advance(store.Known)
	if forget(); b.count(t, "select count(*) from auth.attempts") != 0 {
		t.Error("something is kept for ever")
	}
}

// A stolen table must not say who was guessed at, or from where.
func TestTriesNameNobody(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.try(t, "astrid", address(7))
	if n := b.count(t, "select count(*) from auth.attempts where length(subject) = 32 and position('astrid'::bytea in subject) = 0"); n != 2 {
		t.Errorf("%d of 2 subjects are digests", n)
	}
}
