package store

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/google/uuid"

	"budstikke.example/auth/store/internal/db"
	"budstikke.example/migrations/scope"
	"budstikke.example/migrations/seal"
)

// The limits on guessing (P10). They are kept in Postgres, so that they hold when Redis is away.
const (
	UsernameFailures = 10               // per user name within Window, then each further try waits
	AddressFailures  = 30               // per address: many may sit behind one
	DeviceFailures   = 10               // per device that says which it is, whatever user names it tries
	SharedFailures   = 300              // per address, at names that have signed in there: a large workplace that mistypes does not wait
	Window           = 15 * time.Minute // in which failures are counted
	FirstWait        = 30 * time.Second // doubled by every further failure …
	MostWait         = 15 * time.Minute // … up to this: nobody is locked out for good
	Quiet            = 30 * time.Minute // without a failure everything is forgotten
	Known            = 90 * 24 * time.Hour
)

// Known tells whether somebody has signed in with the name on this device, or from this address, before.
func (t Try) Known() bool { return t.known }

// TooSoonError means that too many tries have failed: the next one may be made after Wait. It is the same whether or not the account exists.
type TooSoonError struct{ Wait time.Duration }

// Error says how long to wait.
func (e *TooSoonError) Error() string {
	return fmt.Sprintf("store: too many tries have failed; try again in %s", e.Wait.Round(time.Second))
}

// Try is one try at a password that was counted before it was made.
type Try struct {
	// Alarm says that this try made guesses spread over so many user names that somebody should be told (StuffingSuspected).
	Alarm bool

	guessed []byte // the subject that stands for what is guessed at: the user name, or the user name from a known device or address
	pair    []byte // the user name from this address
	own     []byte // the user name on this device; nil for a client that does not say which it is
	device  []byte // nil for a known device or address, where the failures of others do not count
	address []byte // nil for a known device; of a known address, what those who are known there are counted by together
	known   bool
}

// ClaimTry is ClaimTryOn for a client that does not say which device it is.
func ClaimTry(ctx context.Context, tx *scope.Tx, keys *seal.Keyring, username string, address netip.Addr) (Try, error) {
	return ClaimTryOn(ctx, tx, keys, username, address, nil)
}

// ClaimTryOn counts a try at a user name from an address and on a device (the digest of its secret, nil for none), so that tries made side by
// side cannot outrun the limits. Somebody who has signed in on the device before is counted apart from everybody else who guesses at the name,
// and so is somebody who has signed in from the address before: no stranger can make them wait, and nobody at the same school's address can on
// their own device. It works in the scope SignIn, as do all functions for tries. Error: *TooSoonError; let it roll the transaction back, so
// that nothing is counted.
func ClaimTryOn(ctx context.Context, tx *scope.Tx, keys *seal.Keyring, username string, address netip.Addr, device []byte) (Try, error) {
	username = Username(username)
	from := network(address)
	t := Try{
		guessed: subject(keys, tx.Municipality(), "username", username),
		pair:    subject(keys, tx.Municipality(), "pair", username, from),
	}
	homes := [][]byte{t.pair}
	if device != nil {
		t.own = subject(keys, tx.Municipality(), "own", username, string(device))
		homes = [][]byte{t.own, t.pair} // the device first: an address can be shared with whoever guesses
	}
	for _, home := range homes {
		known, err := queries.AttemptKnown(ctx, tx, db.AttemptKnownParams{
			MunicipalityID: tx.Municipality(), Subject: home, KnownSince: tx.Now.Add(-Known),
		})
		if err != nil {
			return Try{}, fmt.Errorf("store: claim try: %w", err)
		}
		if known {
			t.known, t.guessed = true, home
			if err := claim(ctx, tx, home, UsernameFailures); err != nil || bytes.Equal(home, t.own) {
				return t, err
			}
			return t, t.share(ctx, tx, keys, from)
		}
	}
	t.address = subject(keys, tx.Municipality(), "address", from)
	// Always in this order, the address last, so that two tries never wait for each other.
	if err := claim(ctx, tx, t.guessed, UsernameFailures); err != nil {
		return Try{}, err
	}
	if device != nil {
		t.device = deviceSubject(keys, tx, device)
		if err := claim(ctx, tx, t.device, DeviceFailures); err != nil {
			return Try{}, err
		}
	}
	if err := claim(ctx, tx, t.address, AddressFailures); err != nil {
		return Try{}, err
	}
	var err error
	t.Alarm, err = spread(ctx, tx, t.guessed)
	return t, err
}

// share counts a try of somebody who is known by the address alone, together with all others of that kind there: whoever sits at a workplace and
// guesses at those who sign in there is no stranger to any of them. It is an alarm when the count is full. Devices that are known pass it by.
func (t *Try) share(ctx context.Context, tx *scope.Tx, keys *seal.Keyring, from string) error {
	t.address = subject(keys, tx.Municipality(), "shared address", from)
	if err := claim(ctx, tx, t.address, SharedFailures); err != nil {
		return err
	}
	n, err := queries.CountFailures(ctx, tx, db.CountFailuresParams{MunicipalityID: tx.Municipality(), Subject: t.address})
	if err != nil {
		return fmt.Errorf("store: claim try: %w", err)
	}
	if n >= SharedFailures {
		t.Alarm, err = raise(ctx, tx, tx.Now.Truncate(SpreadWindow))
	}
	return err
}

func claim(ctx context.Context, tx *scope.Tx, subject []byte, most int32) error {
	n, err := queries.ClaimAttempt(ctx, tx, db.ClaimAttemptParams{
		MunicipalityID: tx.Municipality(), Subject: subject, Now: tx.Now, Most: most,
		QuietSince: tx.Now.Add(-Quiet), WindowSince: tx.Now.Add(-Window),
		FirstWaitSeconds: FirstWait.Seconds(), MostWaitSeconds: MostWait.Seconds(),
	})
	if err != nil {
		return fmt.Errorf("store: claim try: %w", err)
	}
	if n == 1 {
		return nil
	}
	next, err := queries.NextAttemptAt(ctx, tx, db.NextAttemptAtParams{
		MunicipalityID: tx.Municipality(), Subject: subject, Most: most,
		FirstWaitSeconds: FirstWait.Seconds(), MostWaitSeconds: MostWait.Seconds(),
	})
	if err != nil {
		return fmt.Errorf("store: claim try: %w", err)
	}
	return &TooSoonError{Wait: max(next.Sub(tx.Now), time.Second)}
}

// ForgiveTry takes a try that succeeded out of the count, forgets the failures before it, and remembers the address and the device as known to
// the user. Failures that strangers caused stay counted for strangers.
func ForgiveTry(ctx context.Context, tx *scope.Tx, t Try) error {
	forgiven := [][]byte{t.pair}
	if t.own != nil {
		forgiven = append(forgiven, t.own)
	}
	if !t.known {
		forgiven = append(forgiven, t.guessed)
	}
	for _, subject := range forgiven {
		if err := queries.ForgiveAttempts(ctx, tx, db.ForgiveAttemptsParams{
			MunicipalityID: tx.Municipality(), Subject: subject, Now: tx.Now,
		}); err != nil {
			return fmt.Errorf("store: forgive try: %w", err)
		}
	}
	return takeBack(ctx, tx, t, t.device, t.address)
}

// WithdrawTry takes a try out of the count that was not made after all, because the hasher was busy.
func WithdrawTry(ctx context.Context, tx *scope.Tx, t Try) error {
	return takeBack(ctx, tx, t, t.guessed, t.device, t.address)
}

// takeBack takes counts back in the order in which ClaimTryOn made them, so that the two never wait for each other.
func takeBack(ctx context.Context, tx *scope.Tx, t Try, subjects ...[]byte) error {
	for _, subject := range subjects {
		if err := uncount(ctx, tx, subject); err != nil {
			return err
		}
	}
	if t.known {
		return nil
	}
	return unspread(ctx, tx, t.guessed)
}

// uncount takes one out of a count; nil stands for what was not counted.
func uncount(ctx context.Context, tx *scope.Tx, subject []byte) error {
	if subject == nil {
		return nil
	}
	if err := queries.UncountAttempt(ctx, tx, db.UncountAttemptParams{MunicipalityID: tx.Municipality(), Subject: subject}); err != nil {
		return fmt.Errorf("store: take back a try: %w", err)
	}
	return nil
}

// ForgetTries deletes counts that mean nothing any more, and returns how many: failures after a day, known addresses after Known.
func ForgetTries(ctx context.Context, tx *scope.Tx) (int64, error) {
	n, err := queries.DeleteOldAttempts(ctx, tx, db.DeleteOldAttemptsParams{
		MunicipalityID: tx.Municipality(), FailedBefore: tx.Now.Add(-24 * time.Hour), KnownBefore: tx.Now.Add(-Known),
	})
	if err != nil {
		return 0, fmt.Errorf("store: forget tries: %w", err)
	}
	return n, nil
}

// subject is a keyed digest: addresses and user names are few enough to be guessed from a plain one.
func subject(keys *seal.Keyring, municipality uuid.UUID, parts ...string) []byte {
	canonical := ""
	for _, part := range parts {
		canonical += fmt.Sprintf("%d:%s", len(part), part)
	}
	digest, _ := keys.Index("auth.attempts", municipality, canonical)
	return digest
}

// network is what counts as one address: an IPv4 address, or the /64 that one subscriber has in IPv6.
func network(address netip.Addr) string {
	address = address.Unmap().WithZone("")
	if address.Is6() {
		if prefix, err := address.Prefix(64); err == nil {
			return prefix.String()
		}
	}
	return address.String()
}
