package store_test

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"budstikke.example/auth"
	"budstikke.example/auth/store"
	"budstikke.example/migrations/scope"
)

// tryOn is try on a device.
func (b *bundle) tryOn(t *testing.T, username string, from netip.Addr, d auth.Device) (wait time.Duration, alarm bool) {
	t.Helper()
	err := b.signIn(func(tx *scope.Tx) error {
		claimed, err := store.ClaimTryOn(b.ctx, tx, b.keys, username, from, d.Digest)
		alarm = claimed.Alarm
		return err
	})
	var soon *store.TooSoonError
	if errors.As(err, &soon) {
		return soon.Wait, false
	}
	must(t, err)
	return 0, alarm
}

// P10: nobody can make an owner wait on a device where they have signed in before, not even from the owner's own address.
func TestKnownDeviceIsNeverMadeToWait(t *testing.T) {
	t.Parallel()
	b := setup(t)
	owner, home := device(t, "a"), address(1)
	must(t, b.signIn(func(tx *scope.Tx) error {
		claimed, err := store.ClaimTryOn(b.ctx, tx, b.keys, "astrid", home, owner.Digest)
		if err != nil {
			return err
		}
		return store.ForgiveTry(b.ctx, tx, claimed)
	}))
	for n := range 100 { // from the same address, by whoever sits there, with and without a device
		b.tryOn(t, "astrid", home, auth.Device{})
		b.tryOn(t, "astrid", address(n), device(t, "b"))
	}
	if wait, _ := b.tryOn(t, "astrid", home, device(t, "c")); wait == 0 {
		t.Error("a stranger at the owner's address does not have to wait")
	}
	for _, from := range []netip.Addr{home, address(99)} {
		if wait, _ := b.tryOn(t, "astrid", from, owner); wait != 0 {
			t.Errorf("the owner has to wait %s on their own device", wait)
		}
	}
	for range store.UsernameFailures {
		b.tryOn(t, "astrid", home, owner)
	}
	if wait, _ := b.tryOn(t, "astrid", home, owner); wait == 0 {
		t.Error("whoever has stolen the device guesses without end")
	}
}

// One device that tries many user names from many addresses is slowed down too.
func TestDevicesWait(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for n := range store.DeviceFailures {
		if wait, _ := b.tryOn(t, fmt.Sprint("user", n), address(n), device(t, "b")); wait != 0 {
			t.Fatalf("try %d has to wait %s", n+1, wait)
		}
	}
	if wait, _ := b.tryOn(t, "one more", address(200), device(t, "b")); wait != store.FirstWait {
		t.Errorf("the device has to wait %s, want %s", wait, store.FirstWait)
	}
	if wait, _ := b.tryOn(t, "one more", address(200), device(t, "c")); wait != 0 {
		t.Errorf("another device has to wait %s", wait)
	}
}

// P10: stolen pairs that are tried from many addresses raise one alarm, at once; owners at home and those who get in do not count.
func TestStuffingRaisesOneAlarm(t *testing.T) {
	t.Parallel()
	b := setup(t)
	began := b.Clock.Now()
	for n := range store.SpreadOver + 20 { // a busy morning: everybody gets in
		b.succeed(t, fmt.Sprint("user", n), address(n))
		b.try(t, fmt.Sprint("user", n), address(n)) // and mistypes the next time
	}
	if n := b.count(t, "select count(*) from auth.alarms"); n != 0 {
		t.Fatalf("%d alarms on a busy morning", n)
	}
	var group sync.WaitGroup
	var mu sync.Mutex
	alarms := 0
	for worker := range 4 {
		group.Add(1)
		go func() {
			defer group.Done()
			for n := range 40 {
				from := netip.AddrFrom4([4]byte{203, 0, byte(worker), byte(n)})
				if _, alarm := b.tryOn(t, fmt.Sprintf("stolen-%d-%d", worker, n), from, auth.Device{}); alarm {
					mu.Lock()
					alarms++
					mu.Unlock()
				}
			}
		}()
	}
	group.Wait()
	if alarms != 1 {
		t.Errorf("%d of 160 tries raised the alarm, want one", alarms)
	}
	must(t, b.signIn(func(tx *scope.Tx) error {
		times, err := store.Alarms(b.ctx, tx, began)
		if err == nil && times[store.StuffingSuspected] != 1 {
			t.Errorf("the counter says %v", times)
		}
		return err
	}))
	b.Clock.Advance(2 * time.Hour)
	must(t, b.signIn(func(tx *scope.Tx) error { return store.ForgetGuesses(b.ctx, tx) }))
	if n := b.count(t, "select count(*) from auth.guesses"); n != 0 {
		t.Errorf("%d guesses are kept", n)
	}
}

// P10: names on both sides of the cut between two windows are counted together, each once, and raise the alarm once.
func TestStuffingAcrossTheCut(t *testing.T) {
	t.Parallel()
	b := setup(t)
	now := b.Clock.Now()
	b.Clock.Advance(now.Truncate(store.SpreadWindow).Add(2*store.SpreadWindow - time.Minute).Sub(now))
	alarms := 0
	guess := func(from, to int) {
		for n := from; n < to; n++ {
			if _, alarm := b.tryOn(t, fmt.Sprint("stolen", n), address(n), auth.Device{}); alarm {
				alarms++
			}
		}
	}
	guess(0, store.SpreadOver-1)
	b.Clock.Advance(2 * time.Minute)
	guess(0, 10) // the same again are no more names
	if alarms != 0 {
		t.Errorf("%d alarms for one name less than it takes", alarms)
	}
	guess(store.SpreadOver, store.SpreadOver+2)
	b.Clock.Advance(store.SpreadWindow)
	guess(3*store.SpreadOver, 3*store.SpreadOver+1)
	if alarms != 1 {
		t.Errorf("%d alarms, want one", alarms)
	}
	b.Clock.Advance(2 * store.SpreadWindow)
	guess(4*store.SpreadOver, 5*store.SpreadOver-1)
	if alarms != 1 {
		t.Errorf("%d alarms: what is older than the window before counts", alarms)
	}
}

// The same user name tried again and again is no alarm: its own limit is for that.
func TestOneNameIsNoStuffing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for n := range 200 {
		b.tryOn(t, "astrid", address(n), auth.Device{})
	}
	if n := b.count(t, "select count(*) from auth.alarms"); n != 0 {
		t.Errorf("%d alarms for one user name", n)
	}
}

// P10: who guesses from where the owners sign in is a stranger to none of them, and is stopped and told of all the same; owners on their devices
// notice nothing of it.
func TestGuesserAmongThoseWhoAreKnown(t *testing.T) {
	t.Parallel()
	b := setup(t)
	school, owner := address(1), device(t, "a")
	const staff = store.SharedFailures/(store.UsernameFailures-1) + 1
	for n := range staff {
		b.succeed(t, fmt.Sprint("user", n), school)
	}
	must(t, b.signIn(func(tx *scope.Tx) error {
		claimed, err := store.ClaimTryOn(b.ctx, tx, b.keys, "astrid", school, owner.Digest)
		if err != nil {
			return err
		}
		return store.ForgiveTry(b.ctx, tx, claimed)
	}))
	tried, alarms := 0, 0
	for range store.UsernameFailures - 1 { // so that no name's own limit is reached
		for n := range staff {
			wait, alarm := b.tryOn(t, fmt.Sprint("user", n), school, auth.Device{})
			if wait == 0 {
				tried++
			}
			if alarm {
				alarms++
			}
		}
	}
	if tried != store.SharedFailures || alarms != 1 {
		t.Errorf("%d guesses and %d alarms, want %d and one", tried, alarms, store.SharedFailures)
	}
	if wait, _ := b.tryOn(t, "astrid", school, owner); wait != 0 {
		t.Errorf("an owner has to wait %s on their own device", wait)
	}
	b.Clock.Advance(store.FirstWait)
	b.succeed(t, "user0", school) // the wait is over, and who gets in is not counted
	if n := b.count(t, "select max(failures) from auth.attempts"); n != store.SharedFailures {
		t.Errorf("%d failures are counted, want %d", n, store.SharedFailures)
	}
}
