package proof_test

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"budstikke.example/auth/password"
	"budstikke.example/auth/proof"
	"budstikke.example/auth/store"
	"budstikke.example/auth/totp"
	"budstikke.example/migrations/scope"
)

const plain = "korrekt hest batteri stift"

func (b *bundle) enrol(t *testing.T) []byte {
	t.Helper()
	got, err := b.proveStaff.Enrol(b.ctx, b.here, b.account, "Astrid@Example.com", plain, "Budstikke")
	must(t, err)
	if !strings.HasPrefix(got.URL, "otpauth://totp/") || len(got.Secret) != totp.SecretSize {
		t.Fatalf("Enrol returned an address that begins %.20s", got.URL)
	}
	return got.Secret
}

// code is what the authenticator app shows now, or some steps away.
func (b *bundle) code(t *testing.T, secret []byte, steps int64) string {
	t.Helper()
	code, err := totp.Code(secret, totp.Step(b.Clock.Now())+steps)
	must(t, err)
	return code
}

func (b *bundle) prove(try proof.Try) error {
	return b.proveStaff.Prove(b.ctx, b.here, try, func(tx *scope.Tx, who proof.Holder) error {
		if who.Person != b.person || who.Account != b.account || who.Kind != scope.Guardian {
			return errors.New("somebody else was signed in")
		}
		return b.start(tx)
	})
}

func TestSigningInWithAPassword(t *testing.T) {
	t.Parallel()
	b := setup(t)
	secret := b.enrol(t)
	try := proof.Try{Username: " astrid@example.com", Password: plain, Code: b.code(t, secret, 0), Address: device}
	must(t, b.prove(try))
	if b.count(t, "select count(*) from auth.sessions") != 1 {
		t.Error("no session was started")
	}
	// RFC 6238 §5.2: a code is accepted once.
	if err := b.prove(try); !errors.Is(err, proof.ErrRefused) {
		t.Errorf("the same code again: %v, want ErrRefused", err)
	}
	try.Code = b.code(t, secret, -1)
	if err := b.prove(try); !errors.Is(err, proof.ErrRefused) {
		t.Errorf("an earlier code: %v, want ErrRefused", err)
	}
	b.Clock.Advance(totp.Period * time.Second)
	try.Code = b.code(t, secret, 0)
	must(t, b.prove(try))
}

func TestOneCodeSignsInOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	try := proof.Try{Username: "astrid@example.com", Password: plain, Code: b.code(t, b.enrol(t), 0), Address: device}
	var group sync.WaitGroup
	var in, refused atomic.Int64
	for range 8 {
		group.Add(1)
		go func() {
			defer group.Done()
			switch err := b.prove(try); {
			case err == nil:
				in.Add(1)
			case errors.Is(err, proof.ErrRefused):
				refused.Add(1)
			default:
				t.Error(err)
			}
		}()
	}
	group.Wait()
	if in.Load() != 1 || refused.Load() != 7 {
		t.Errorf("of 8 with one code %d signed in and %d were refused", in.Load(), refused.Load())
	}
}

func TestACallbackThatFailsLeavesTheCode(t *testing.T) {
	t.Parallel()
	b := setup(t)
	try := proof.Try{Username: "astrid@example.com", Password: plain, Code: b.code(t, b.enrol(t), 0), Address: device}
	err := b.proveStaff.Prove(b.ctx, b.here, try, func(*scope.Tx, proof.Holder) error { return errBoom })
	if !errors.Is(err, errBoom) {
		t.Fatal(err)
	}
	must(t, b.prove(try))
}

// P10: whatever is wrong, the answer is the same.
func TestRefusalsAreTheSame(t *testing.T) {
	t.Parallel()
	b := setup(t)
	secret := b.enrol(t)
	good := proof.Try{Username: "astrid@example.com", Password: plain, Code: b.code(t, secret, 0), Address: device}
	for name, change := range map[string]func(*proof.Try){
		"missing account": func(x *proof.Try) { x.Username = "nobody@example.com" },
		"wrong password":  func(x *proof.Try) { x.Password = "feil hest batteri stift" },
		"wrong code":      func(x *proof.Try) { x.Code = "12345" },
		"late code":       func(x *proof.Try) { x.Code = b.code(t, secret, 2) },
		"no code":         func(x *proof.Try) { x.Code = "" },
		"nothing":         func(x *proof.Try) { x.Username, x.Password, x.Code = "", "", "" },
	} {
		try := good
		change(&try)
		if err := b.prove(try); err != proof.ErrRefused { //nolint:errorlint // the very same error, not one that wraps it
			t.Errorf("%s: %v, want exactly ErrRefused", name, err)
		}
	}
	b.exec(t, "update auth.accounts set ended_at = now()")
	if err := b.prove(good); err != proof.ErrRefused { //nolint:errorlint // the same
		t.Errorf("an ended account: %v, want exactly ErrRefused", err)
	}
	if b.count(t, "select count(*) from auth.sessions") != 0 {
		t.Error("a session was started")
	}
}

// P10: guessing is slowed down for an account that exists and for one that does not, in the same way; time passes by the injected clock.
func TestGuessingIsSlowedDown(t *testing.T) {
	t.Parallel()
	b := setup(t)
	secret := b.enrol(t)
	for _, username := range []string{"astrid@example.com", "nobody@example.com"} {
		guess := func(n int) error {
			return b.prove(proof.Try{Username: username, Password: "gjettet passord", Code: "000000", Address: netip.AddrFrom4([4]byte{198, 51, 100, byte(n)})})
		}
		for n := range store.UsernameFailures {
			if err := guess(n); !errors.Is(err, proof.ErrRefused) {
				t.Fatalf("%s, guess %d: %v, want ErrRefused", username, n+1, err)
			}
		}
		for _, want := range []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute} {
			var soon *store.TooSoonError
			if err := guess(50); !errors.As(err, &soon) || soon.Wait != want {
				t.Fatalf("%s: %v, want a wait of %s", username, err, want)
			}
			b.Clock.Advance(want)
			if err := guess(51); !errors.Is(err, proof.ErrRefused) {
				t.Fatalf("%s, after the wait: %v, want ErrRefused", username, err)
			}
		}
	}
	b.Clock.Advance(store.MostWait)
	must(t, b.prove(proof.Try{Username: "astrid@example.com", Password: plain, Code: b.code(t, secret, 0), Address: device}))
}

// When the hasher is busy the try does not count: a flood of guesses at one account must not use up somebody else's tries.
func TestBusyTriesAreNotCounted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t)
	// Dear enough to keep the one place taken while the others give up.
	b.proveStaff.Hasher = password.New(password.Config{Memory: 64 * 1024, Passes: 16, Slots: 1, Wait: time.Microsecond})
	var group sync.WaitGroup
	var busy, refused atomic.Int64
	for n := range 6 {
		group.Add(1)
		go func() {
			defer group.Done()
			err := b.prove(proof.Try{Username: "nobody@example.com", Password: "gjettet passord", Code: "000000", Address: netip.AddrFrom4([4]byte{198, 51, 100, byte(n)})})
			switch {
			case errors.Is(err, password.ErrBusy):
				busy.Add(1)
			case errors.Is(err, proof.ErrRefused):
				refused.Add(1)
			default:
				t.Error(err)
			}
		}()
	}
	group.Wait()
	if busy.Load() == 0 || refused.Load() == 0 {
		t.Fatalf("%d were told that it is busy, %d were refused, want some of both", busy.Load(), refused.Load())
	}
	// Every refused guess is counted twice, for the user name and for its address; a busy one nowhere.
	if got := b.count(t, "select sum(failures) from auth.attempts"); got != 2*int(refused.Load()) {
		t.Errorf("%d failures are counted for %d guesses", got, refused.Load())
	}
}

func TestOldHashesAreRenewed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	secret := b.enrol(t)
	b.proveStaff.Hasher = password.New(password.Config{Memory: 128, Passes: 1})
	must(t, b.prove(proof.Try{Username: "astrid@example.com", Password: plain, Code: b.code(t, secret, 0), Address: device}))
	if b.count(t, "select count(*) from auth.passwords where password_hash like '$argon2id$v=19$m=128,%'") != 1 {
		t.Error("the hash was not renewed at the new cost")
	}
	b.Clock.Advance(totp.Period * time.Second)
	must(t, b.prove(proof.Try{Username: "astrid@example.com", Password: plain, Code: b.code(t, secret, 0), Address: device}))
}

func TestEnrolRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if _, err := b.proveStaff.Enrol(b.ctx, b.here, b.account, "astrid", "kort", "Budstikke"); !errors.Is(err, password.ErrTooShort) {
		t.Errorf("a short password: %v, want ErrTooShort", err)
	}
	if _, err := b.proveStaff.Enrol(b.ctx, b.here, b.account, "a", plain, "Budstikke"); !errors.Is(err, store.ErrUsername) {
		t.Errorf("a short user name: %v, want ErrUsername", err)
	}
}

// No transaction is open while a password waits for its turn: as many as wait, the database stays free for others.
func TestWaitingHoldsNoConnection(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.proveStaff.Hasher = password.New(password.Config{Memory: 32 * 1024, Passes: 4, Slots: 1, Wait: time.Minute})
	const tries = 12
	done := make(chan error, tries)
	for n := range tries {
		go func() {
			done <- b.prove(proof.Try{Username: fmt.Sprintf("nobody%d", n), Password: "x", Code: "0", Address: device})
		}()
	}
	free := false
	for finished := 1; finished <= tries; finished++ {
		if err := <-done; !errors.Is(err, proof.ErrRefused) {
			t.Error(err)
		}
		// Two or more still wait. If waiting held a connection, as many would be taken.
		free = free || finished <= tries-2 && b.API.Pool().Stat().AcquiredConns() == 0
	}
	if !free {
		t.Error("there was no moment at which tries waited and no connection was taken")
	}
}
