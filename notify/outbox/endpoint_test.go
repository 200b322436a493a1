package outbox_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

// signIn gives a person a session and returns its scope.
func (h *house) signIn(t testing.TB, person uuid.UUID, kind scope.Caller) scope.Scope {
	t.Helper()
	account, digest := newID(), sha256.Sum256(person[:])
	h.exec(t, `insert into auth.accounts (municipality_id, id, person_id, kind, created_at) values ($1, $2, $3, $4, now())`,
		h.municipality, account, person, string(kind))
	h.exec(t, `insert into auth.sessions (municipality_id, id, token_hash, kind, person_id, account_id, strong, created_at, expires_at)
		values ($1, $2, $3, $4, $5, $6, true, now(), now() + interval '1 hour')`, h.municipality, newID(), digest[:], string(kind), person, account)
	return scope.ByToken(h.municipality, digest, kind)
}

func (h *house) within(t testing.TB, s scope.Scope, fn func(tx *scope.Tx) error) {
	t.Helper()
	if err := h.API.WithScope(context.Background(), s, fn); err != nil {
		t.Fatal(err)
	}
}

func (h *house) register(t testing.TB, s scope.Scope, e outbox.Endpoint) (done outbox.Registration) {
	t.Helper()
	h.within(t, s, func(tx *scope.Tx) (err error) {
		done, err = outbox.RegisterEndpoint(context.Background(), tx, e)
		return err
	})
	return done
}

func TestRegisterEndpointIsRepeatable(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 1)
	person := h.guardians[0]
	s := h.signIn(t, person, scope.Guardian)
	device := outbox.Endpoint{Person: person, Provider: notify.ProviderFCM, Address: "token-1-of-twenty-letters", Locale: notify.Bokmaal}
	first := h.register(t, s, device)
	if !first.Active || first.VerifyCode != "" {
		t.Fatalf("a device is registered as %+v", first)
	}
	h.Clock.Advance(time.Minute)
	device.Locale = notify.Nynorsk
	if second := h.register(t, s, device); second.ID != first.ID || !second.Active {
		t.Fatalf("registered again as %+v, want %+v", second, first)
	}
	n := h.count(t, `select count(*) from notify.endpoints where id = $1 and locale = 'nn' and registered_at = $2`, first.ID, h.Clock.Now())
	if n != 1 {
		t.Error("the repetition did not refresh the endpoint")
	}
	h.exec(t, `update notify.endpoints set state = 'retired', retired_reason = 'gone' where id = $1`, first.ID)
	if third := h.register(t, s, device); third.ID == first.ID || !third.Active {
		t.Fatalf("after it was retired it is registered as %+v", third)
	}
}

func TestRegisterEndpointForSomebodyElseIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 2)
	s := h.signIn(t, h.guardians[0], scope.Guardian)
	err := h.API.WithScope(context.Background(), s, func(tx *scope.Tx) error {
		_, err := outbox.RegisterEndpoint(context.Background(), tx, outbox.Endpoint{
			Person: h.guardians[1], Provider: notify.ProviderFCM, Address: "token-1-of-twenty-letters", Locale: notify.Swedish,
		})
		return err
	})
	if err == nil {
		t.Fatal("a guardian registered a device for another person")
	}
}

func TestRegisterEndpointChecksTheForm(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 1)
	s := h.signIn(t, h.guardians[0], scope.Guardian)
	good := outbox.Endpoint{Person: h.guardians[0], Provider: notify.ProviderSMTP, Address: "a@example.com", Locale: notify.Swedish}
	for name, change := range map[string]func(e *outbox.Endpoint){
		"no person":         func(e *outbox.Endpoint) { e.Person = uuid.Nil },
		"unknown provider":  func(e *outbox.Endpoint) { e.Provider = "pigeon" },
		"unknown locale":    func(e *outbox.Endpoint) { e.Locale = "fi" },
		"no address":        func(e *outbox.Endpoint) { e.Address = "" },
		"no mail address":   func(e *outbox.Endpoint) { e.Address = "example.com" },
		"two lines":         func(e *outbox.Endpoint) { e.Address = "a@example.com\r\nBcc: b@example.com" },
		"a local number":    func(e *outbox.Endpoint) { e.Provider, e.Address = notify.ProviderTwilio, "0701740605" },
		"a number with a +": func(e *outbox.Endpoint) { e.Provider, e.Address = notify.ProviderTwilio, "+46 70 174" },
		"no subscription":   func(e *outbox.Endpoint) { e.Provider, e.Address = notify.ProviderWebPush, "https://example.com" },
	} {
		e := good
		change(&e)
		err := h.API.WithScope(context.Background(), s, func(tx *scope.Tx) error {
			_, err := outbox.RegisterEndpoint(context.Background(), tx, e)
			return err
		})
		if !errors.Is(err, outbox.ErrBadEndpoint) {
			t.Errorf("%s: %v, want ErrBadEndpoint", name, err)
		}
	}
}

// H3: an address is verified by its owner before anything is sent to it.
func TestConfirm(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 1)
	person := h.guardians[0]
	done := h.register(t, h.signIn(t, person, scope.Guardian),
		outbox.Endpoint{Person: person, Provider: notify.ProviderSMTP, Address: "a@example.com", Locale: notify.Swedish})
	if done.Active {
		t.Fatal("an unconfirmed address is active")
	}
	for range 2 { // following the link twice changes nothing
		h.as(t, scope.SignIn, func(tx *scope.Tx) error {
			owner, err := outbox.Confirm(context.Background(), tx, done.ID)
			if owner != person {
				t.Errorf("confirmed for %s, want %s", owner, person)
			}
			return err
		})
		h.Clock.Advance(time.Minute)
	}
	if n := h.count(t, `select count(*) from notify.endpoints where id = $1 and verified_at = $2`, done.ID, h.Clock.Now().Add(-2*time.Minute)); n != 1 {
		t.Error("the second confirmation moved the moment of the first")
	}
	if announced := h.announce(t, h.everybody(), notify.ByEmail); len(announced.Refs) != 1 {
		t.Error("the confirmed address gets nothing")
	}
	for name, id := range map[string]uuid.UUID{"an unknown one": newID(), "a device": h.devices[0]} {
		err := h.API.WithScope(context.Background(), scope.Of(h.municipality, scope.SignIn), func(tx *scope.Tx) error {
			_, err := outbox.Confirm(context.Background(), tx, id)
			return err
		})
		if !errors.Is(err, outbox.ErrNoEndpoint) {
			t.Errorf("%s: %v, want ErrNoEndpoint", name, err)
		}
	}
}

// H5: a mobile number is verified by a text message from that number.
func TestVerifyMobile(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 1)
	person := h.guardians[0]
	const number = "+46701740608"
	done := h.register(t, h.signIn(t, person, scope.Guardian),
		outbox.Endpoint{Person: person, Provider: notify.ProviderTwilio, Address: number, Locale: notify.Swedish})
	if done.Active || len(done.VerifyCode) != 6 {
		t.Fatalf("registered as %+v", done)
	}
	verify := func(number, code string) (endpoint uuid.UUID, err error) {
		err = h.API.WithScope(context.Background(), scope.Of(h.municipality, scope.Machine), func(tx *scope.Tx) (err error) {
			endpoint, err = outbox.VerifyMobile(context.Background(), tx, number, code)
			return err
		})
		return endpoint, err
	}
	refused := func(name, number, code string) {
		t.Helper()
		if _, err := verify(number, code); !errors.Is(err, outbox.ErrNoEndpoint) {
			t.Errorf("%s: %v, want ErrNoEndpoint", name, err)
		}
	}
	refused("a wrong code", number, "x"+done.VerifyCode[1:])
	refused("another number", "+46701740609", done.VerifyCode)
	h.Clock.Advance(outbox.CodeLifetime + time.Second)
	refused("an old code", number, done.VerifyCode)
	h.Clock.Advance(-outbox.CodeLifetime)
	endpoint, err := verify(number, " "+done.VerifyCode+"\n")
	if err != nil || endpoint != done.ID {
		t.Fatalf("verified %s, %v", endpoint, err)
	}
	refused("a used code", number, done.VerifyCode)
}

// Callbacks overtake each other; what is known only moves forward.
func TestReceiptsOnlyMoveForward(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 1)
	h.endpoint(t, h.guardians[0], notify.ProviderTwilio, "+46701740610")
	h.raise(t, h.everybody())
	delivery := h.push(t, h.guardians[0])
	keep := func(status outbox.ReceiptStatus) (kept bool, err error) {
		err = h.API.WithScope(context.Background(), scope.Of(h.municipality, scope.Machine), func(tx *scope.Tx) (err error) {
			kept, err = outbox.Receipt(context.Background(), tx, delivery, status)
			return err
		})
		return kept, err
	}
	for _, step := range []struct {
		status outbox.ReceiptStatus
		kept   bool
	}{
		{outbox.ReceiptSent, true}, {outbox.ReceiptQueued, false}, {outbox.ReceiptSent, false}, {outbox.ReceiptUndelivered, true},
		{outbox.ReceiptDelivered, true}, {outbox.ReceiptFailed, false},
	} {
		if kept, err := keep(step.status); err != nil || kept != step.kept {
			t.Errorf("%s: kept %t, %v; want %t", step.status, kept, err, step.kept)
		}
	}
	if got := h.text(t, `select receipt from notify.deliveries where id = $1`, delivery); got != "delivered" {
		t.Errorf("receipt is %s", got)
	}
	if _, err := keep("lost"); !errors.Is(err, outbox.ErrUnknownReceipt) {
		t.Errorf("an unknown status: %v", err)
	}
}

// A device that changes hands, or that two guardians share, gets the notices of whoever registered it last, and of nobody else.
func TestDeviceBelongsToWhoRegisteredItLast(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 2)
	first, second := h.signIn(t, h.guardians[0], scope.Guardian), h.signIn(t, h.guardians[1], scope.Guardian)
	device := outbox.Endpoint{Provider: notify.ProviderFCM, Address: "a-device-that-is-shared", Locale: notify.Swedish}
	owner := func() uuid.UUID {
		t.Helper()
		var person uuid.UUID
		if err := h.Admin.QueryRow(context.Background(),
			`select person_id from notify.endpoints where address = 'a-device-that-is-shared' and state = 'active'`).Scan(&person); err != nil {
			t.Fatal(err)
		}
		if n := h.count(t, `select count(*) from notify.endpoints where address = 'a-device-that-is-shared' and state = 'active'`); n != 1 {
			t.Fatalf("%d persons own the device", n)
		}
		return person
	}
	for _, turn := range []struct {
		scope  scope.Scope
		person uuid.UUID
	}{{first, h.guardians[0]}, {second, h.guardians[1]}, {first, h.guardians[0]}} {
		device.Person = turn.person
		h.register(t, turn.scope, device)
		if got := owner(); got != turn.person {
			t.Errorf("the device belongs to %s, want %s", got, turn.person)
		}
	}
}
