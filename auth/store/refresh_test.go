package store_test

import (
	"bytes"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/auth"
	"budstikke.example/auth/sessions"
	"budstikke.example/auth/store"
	"budstikke.example/migrations/scope"
)

func device(t *testing.T, letter string) auth.Device {
	t.Helper()
	d, err := auth.ParseDevice(strings.Repeat(letter, 43), "device "+letter)
	must(t, err)
	return d
}

// family begins a session on a device and returns its first tokens.
func (b *bundle) family(t *testing.T, kind scope.Caller, person uuid.UUID, d auth.Device) (access auth.Token, s store.Session) {
	t.Helper()
	account := b.account(t, person)
	must(t, b.signIn(func(tx *scope.Tx) (err error) {
		access, s, err = store.StartSession(b.ctx, tx, store.NewSession{Kind: kind, Person: person, Account: account, Strong: true, Device: d})
		return err
	}))
	if s.Refresh.Reveal() == "" {
		t.Fatal("the session cannot be prolonged")
	}
	return access, s
}

func (b *bundle) prolong(t *testing.T, refresh auth.Token, d auth.Device) (p store.Prolonged) {
	t.Helper()
	must(t, b.signIn(func(tx *scope.Tx) (err error) {
		p, err = store.Prolong(b.ctx, tx, refresh, d)
		return err
	}))
	if gave := p.Access.Reveal() != "" && p.Session.Refresh.Reveal() != ""; gave != (p.Verdict == sessions.Rotate || p.Verdict == sessions.Again) {
		t.Errorf("verdict %d gave tokens: %t", p.Verdict, gave)
	}
	return p
}

// P11: 20 parallel refreshes make one successor, and all of them get it.
func TestParallelRefreshesMakeOneSuccessor(t *testing.T) {
	t.Parallel()
	b := setup(t)
	d := device(t, "a")
	_, s := b.family(t, scope.Guardian, b.person, d)
	var group sync.WaitGroup
	var mu sync.Mutex
	verdicts, refreshes, tokens := map[sessions.Verdict]int{}, map[string]bool{}, map[string]bool{}
	for range 20 {
		group.Add(1)
		go func() {
			defer group.Done()
			p := b.prolong(t, s.Refresh, d)
			mu.Lock()
			defer mu.Unlock()
			verdicts[p.Verdict]++
			refreshes[p.Session.Refresh.Reveal()], tokens[p.Access.Reveal()] = true, true
		}()
	}
	group.Wait()
	if verdicts[sessions.Rotate] != 1 || verdicts[sessions.Again] != 19 || len(refreshes) != 1 || len(tokens) != 1 {
		t.Errorf("verdicts %v, %d successors, %d access tokens", verdicts, len(refreshes), len(tokens))
	}
	if n := b.count(t, "select count(*) from auth.access_tokens"); n != 2 {
		t.Errorf("%d access tokens are kept, want 2", n)
	}
	for token := range tokens {
		if err := b.enter(t, auth.Known(token), scope.Guardian); err != nil {
			t.Errorf("the new access token: %v", err)
		}
	}
}

// P11: the immediate predecessor gets the same successor for ten seconds; anything older, or later, ends the session.
func TestReuseEndsTheSession(t *testing.T) {
	t.Parallel()
	for name, reuse := range map[string]func(b *bundle, first, second, third auth.Token) auth.Token{
		"the first, at once":     func(_ *bundle, first, _, _ auth.Token) auth.Token { return first },
		"the predecessor, later": func(b *bundle, _, second, _ auth.Token) auth.Token { b.Clock.Advance(sessions.Grace); return second },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			d := device(t, "a")
			access, s := b.family(t, scope.Guardian, b.person, d)
			_, other := b.family(t, scope.Guardian, b.person, device(t, "b"))
			first := s.Refresh
			second := b.prolong(t, first, d).Session.Refresh
			third := b.prolong(t, second, d).Session.Refresh
			b.Clock.Advance(sessions.Grace - time.Second)
			if again := b.prolong(t, second, d); again.Verdict != sessions.Again || again.Session.Refresh.Reveal() != third.Reveal() {
				t.Fatalf("the predecessor in the grace: %d", again.Verdict)
			}
			if got := b.prolong(t, reuse(b, first, second, third), d); got.Verdict != sessions.Reused {
				t.Fatalf("verdict %d, want Reused", got.Verdict)
			}
			for _, token := range []auth.Token{first, second, third} {
				if got := b.prolong(t, token, d); got.Verdict != sessions.Refuse {
					t.Errorf("afterwards: %d, want Refuse", got.Verdict)
				}
			}
			if err := b.enter(t, access, scope.Guardian); !errors.Is(err, scope.ErrNoSession) {
				t.Errorf("an access token of the session: %v, want ErrNoSession", err)
			}
			if got := b.prolong(t, other.Refresh, device(t, "b")); got.Verdict != sessions.Rotate {
				t.Errorf("the person's other device: %d, want Rotate", got.Verdict)
			}
			if n := b.count(t, "select count(*) from auth.sessions where ended_reason = $1", store.TokenReused); n != 1 {
				t.Errorf("%d sessions ended for it", n)
			}
		})
	}
}

// A refresh token that was copied to another device is worth nothing there, and costs its owner nothing.
func TestRefreshIsBoundToItsDevice(t *testing.T) {
	t.Parallel()
	b := setup(t)
	d := device(t, "a")
	_, s := b.family(t, scope.Staff, b.person, d)
	for _, thief := range []auth.Device{device(t, "b"), {}} {
		if got := b.prolong(t, s.Refresh, thief); got.Verdict != sessions.Foreign {
			t.Errorf("elsewhere: %d, want Foreign", got.Verdict)
		}
	}
	if got := b.prolong(t, s.Refresh, d); got.Verdict != sessions.Rotate {
		t.Errorf("on its device: %d, want Rotate", got.Verdict)
	}
	stranger, _ := auth.NewRefresh(b.here)
	elsewhere, _ := auth.NewRefresh(uuid.New())
	for _, unknown := range []auth.Token{stranger, elsewhere, {}, auth.Known("bsr_x")} {
		if got := b.prolong(t, unknown, d); got.Verdict != sessions.Refuse {
			t.Errorf("unknown: %d, want Refuse", got.Verdict)
		}
	}
}

func TestSessionsGoIdleAndEnd(t *testing.T) {
	t.Parallel()
	b := setup(t)
	d := device(t, "a")
	_, used := b.family(t, scope.Guardian, b.person, d)
	refresh, days := used.Refresh, 0
	for ; days < 200; days += 14 {
		b.Clock.Advance(14 * 24 * time.Hour)
		p := b.prolong(t, refresh, d)
		if p.Verdict != sessions.Rotate {
			break
		}
		if !p.Session.Ends.Equal(used.Ends) || p.Session.RefreshBefore.After(used.Ends) || p.Session.Expires.After(used.Ends) {
			t.Errorf("after %d days it lasts until %s, %s, %s; it ends %s", days+14, p.Session.Ends, p.Session.RefreshBefore, p.Session.Expires, used.Ends)
		}
		refresh = p.Session.Refresh
	}
	if days != 84 {
		t.Errorf("it was prolonged for %d days, want 84: the end after 90 comes before the next time", days)
	}
	_, idle := b.family(t, scope.Guardian, b.person, d)
	b.Clock.Advance(15 * 24 * time.Hour)
	if got := b.prolong(t, idle.Refresh, d); got.Verdict != sessions.Refuse {
		t.Errorf("idle for fifteen days: %d, want Refuse", got.Verdict)
	}
}

// H4: an account that has ended prolongs nothing.
func TestEndedAccountProlongsNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	d := device(t, "a")
	_, s := b.family(t, scope.Guardian, b.person, d)
	b.exec(t, "update auth.accounts set ended_at = now()")
	if got := b.prolong(t, s.Refresh, d); got.Verdict != sessions.Refuse {
		t.Errorf("verdict %d, want Refuse", got.Verdict)
	}
}

func TestAnEleventhDeviceEndsTheOldest(t *testing.T) {
	t.Parallel()
	b := setup(t)
	d := device(t, "a")
	oldest, _ := b.family(t, scope.Guardian, b.person, d)
	b.Clock.Advance(time.Second)
	second, _ := b.family(t, scope.Guardian, b.person, d)
	b.Clock.Advance(time.Second)
	var group sync.WaitGroup
	for range sessions.Most - 1 {
		group.Add(1)
		go func() {
			defer group.Done()
			b.family(t, scope.Guardian, b.person, d)
		}()
	}
	group.Wait()
	if n := b.count(t, "select count(*) from auth.sessions where ended_at is null"); n != sessions.Most {
		t.Errorf("%d sessions, want %d", n, sessions.Most)
	}
	if err := b.enter(t, oldest, scope.Guardian); !errors.Is(err, scope.ErrNoSession) {
		t.Errorf("the oldest: %v, want ErrNoSession", err)
	}
	if err := b.enter(t, second, scope.Guardian); err != nil {
		t.Errorf("the second: %v", err)
	}
}

// The answer that is kept for the grace cannot be read from a stolen table.
func TestSuccessorsAreNotAtRest(t *testing.T) {
	t.Parallel()
	b := setup(t)
	d := device(t, "a")
	_, s := b.family(t, scope.Guardian, b.person, d)
	p := b.prolong(t, s.Refresh, d)
	var row string
	var sealed []byte
	must(t, b.Admin.QueryRow(b.ctx, "select r::text, successor_sealed from auth.refreshes r").Scan(&row, &sealed))
	for _, secret := range []string{s.Refresh.Reveal(), p.Session.Refresh.Reveal(), p.Access.Reveal(), strings.Repeat("a", 43)} {
		if strings.Contains(row, secret[4:]) || bytes.Contains(sealed, []byte(secret[4:])) {
			t.Error("a secret is at rest")
		}
	}
	if len(sealed) < 100 {
		t.Errorf("only %d bytes are kept", len(sealed))
	}
}

// The proof of a session is what a sign-in said: prolonging does not renew it, and no session raises its own.
func TestProlongingDoesNotRenewTheProof(t *testing.T) {
	t.Parallel()
	b := setup(t)
	d := device(t, "a")
	_, s := b.family(t, scope.Guardian, b.person, d)
	began := b.Clock.Now()
	b.Clock.Advance(time.Hour)
	p := b.prolong(t, s.Refresh, d)
	must(t, b.API.WithScope(b.ctx, as(t, p.Access, scope.Guardian), func(tx *scope.Tx) error {
		who, err := tx.Person(b.ctx)
		if err == nil && (!who.AuthTime.Equal(began) || who.Assurance != scope.Substantial || !who.Strong || who.Session != s.ID) {
			t.Errorf("who = %+v", who)
		}
		return err
	}))
	err := b.API.WithScope(b.ctx, as(t, p.Access, scope.Guardian), func(tx *scope.Tx) error {
		_, err := tx.Exec(b.ctx, "update auth.sessions set assurance = 'high', authenticated_at = now() where id = $1", s.ID)
		return err
	})
	if err == nil {
		t.Error("a session raised its own proof")
	}
}
