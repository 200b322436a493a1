package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/auth"
	"budstikke.example/auth/bankid"
	"budstikke.example/auth/sessions"
	"budstikke.example/auth/store"
	"budstikke.example/auth/totp"
	"budstikke.example/migrations/scope"
)

// H2: however many try at the same time, a person has one account.
func TestOneAccountPerPerson(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var group sync.WaitGroup
	var mu sync.Mutex
	seen, opened := map[uuid.UUID]bool{}, 0
	for range 12 {
		group.Add(1)
		go func() {
			defer group.Done()
			err := b.signIn(func(tx *scope.Tx) error {
				account, err := store.OpenAccount(b.ctx, tx, b.person, scope.Guardian)
				mu.Lock()
				defer mu.Unlock()
				seen[account.ID] = true
				if account.Opened {
					opened++
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		}()
	}
	group.Wait()
	if len(seen) != 1 || opened != 1 || b.count(t, "select count(*) from auth.accounts") != 1 {
		t.Errorf("12 tries saw %d accounts and opened %d", len(seen), opened)
	}
}

func TestAccountKeepsItsKindAndOpensAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	open := func(kind scope.Caller) (account store.Account) {
		t.Helper()
		must(t, b.signIn(func(tx *scope.Tx) (err error) {
			account, err = store.OpenAccount(b.ctx, tx, b.person, kind)
			return err
		}))
		return account
	}
	first := open(scope.Staff)
	if again := open(scope.Guardian); again.ID != first.ID || again.Kind != scope.Staff || again.Opened {
		t.Errorf("OpenAccount again = %+v, want the staff account %s", again, first.ID)
	}
	b.exec(t, "update auth.accounts set ended_at = now()")
	must(t, b.signIn(func(tx *scope.Tx) error {
		if _, found, err := store.AccountOf(b.ctx, tx, b.person); err != nil || found {
			t.Errorf("an ended account: found %t, %v", found, err)
		}
		return nil
	}))
	if again := open(scope.Guardian); again.ID != first.ID || again.Kind != scope.Guardian || !again.Opened {
		t.Errorf("OpenAccount after the end = %+v, want %s opened again", again, first.ID)
	}
}

// H1: somebody who has proved who they are opens their own account in their own scope, and becomes a guardian there.
func TestApplicantBecomesGuardian(t *testing.T) {
	t.Parallel()
	b := setup(t)
	applicant := b.start(t, store.NewSession{Kind: scope.Applicant, Person: b.person, Strong: true})
	var guardian auth.Token
	must(t, b.API.WithScope(b.ctx, as(t, applicant, scope.Applicant), func(tx *scope.Tx) error {
		who, err := tx.Person(b.ctx)
		if err != nil {
			return err
		}
		account, err := store.OpenAccount(b.ctx, tx, who.ID, scope.Guardian)
		if err != nil {
			return err
		}
		if _, err := store.EndSession(b.ctx, tx, who.Session, store.SignedOut); err != nil {
			return err
		}
		guardian, _, err = store.StartSession(b.ctx, tx, store.NewSession{Kind: scope.Guardian, Person: who.ID, Account: account.ID, Strong: who.Strong})
		return err
	}))
	if err := b.enter(t, applicant, scope.Applicant); !errors.Is(err, scope.ErrNoSession) {
		t.Errorf("the applicant's session afterwards: %v, want ErrNoSession", err)
	}
	if err := b.enter(t, guardian, scope.Guardian); err != nil {
		t.Errorf("the guardian's session: %v", err)
	}
	other := b.newPerson(t)
	mine := b.start(t, store.NewSession{Kind: scope.Applicant, Person: other, Strong: true})
	err := b.API.WithScope(b.ctx, as(t, mine, scope.Applicant), func(tx *scope.Tx) error {
		_, err := store.OpenAccount(b.ctx, tx, b.newPerson(t), scope.Guardian)
		return err
	})
	if err == nil {
		t.Error("an applicant opened an account for somebody else")
	}
}

func TestSessionLastsAsLongAsItsKind(t *testing.T) {
	t.Parallel()
	b := setup(t)
	account := b.account(t, b.person)
	for _, c := range []struct {
		session     store.NewSession
		token, want time.Duration
	}{
		{store.NewSession{Kind: scope.Guardian, Person: b.person, Account: account}, 10 * time.Minute, 90 * 24 * time.Hour},
		{store.NewSession{Kind: scope.Staff, Person: b.person, Account: account}, 10 * time.Minute, 12 * time.Hour},
		{store.NewSession{Kind: scope.Applicant, Person: b.person}, time.Hour, time.Hour},
		{store.NewSession{Kind: scope.Guardian, Person: b.person, Account: account, Lifetime: time.Minute}, time.Minute, time.Minute},
	} {
		must(t, b.signIn(func(tx *scope.Tx) error {
			token, session, err := store.StartSession(b.ctx, tx, c.session)
			if err != nil {
				return err
			}
			if got := session.Ends.Sub(tx.Now); got != c.want || token.Reveal() == "" || session.ID == uuid.Nil {
				t.Errorf("%s: lasts %s, want %s", c.session.Kind, got, c.want)
			}
			if got := session.Expires.Sub(tx.Now); got != c.token {
				t.Errorf("%s: the access token lasts %s, want %s", c.session.Kind, got, c.token)
			}
			if session.Refresh.Reveal() != "" {
				t.Errorf("%s: a refresh token without a device", c.session.Kind)
			}
			return nil
		}))
	}
	guardian := b.start(t, store.NewSession{Kind: scope.Guardian, Person: b.person, Account: account})
	b.Clock.Advance(sessions.Access - time.Second)
	if err := b.enter(t, guardian, scope.Guardian); err != nil {
		t.Errorf("a second before the end: %v", err)
	}
	b.Clock.Advance(time.Second)
	if err := b.enter(t, guardian, scope.Guardian); !errors.Is(err, scope.ErrNoSession) {
		t.Errorf("at the end: %v, want ErrNoSession", err)
	}
}

func TestSessionsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	b := setup(t)
	account := b.account(t, b.person)
	for name, s := range map[string]store.NewSession{
		"guardian without an account": {Kind: scope.Guardian, Person: b.person},
		"applicant with an account":   {Kind: scope.Applicant, Person: b.person, Account: account},
		"nobody":                      {Kind: scope.Guardian, Account: account},
		"a machine":                   {Kind: scope.Machine, Person: b.person, Account: account},
		"negative":                    {Kind: scope.Guardian, Person: b.person, Account: account, Lifetime: -1},
	} {
		if err := b.signIn(func(tx *scope.Tx) error {
			_, _, err := store.StartSession(b.ctx, tx, s)
			return err
		}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// V15: a session that was ended opens nothing any more.
func TestEndingSessions(t *testing.T) {
	t.Parallel()
	b := setup(t)
	account := b.account(t, b.person)
	first := b.start(t, store.NewSession{Kind: scope.Guardian, Person: b.person, Account: account})
	second := b.start(t, store.NewSession{Kind: scope.Guardian, Person: b.person, Account: account})
	stranger := b.newPerson(t)
	others := b.start(t, store.NewSession{Kind: scope.Guardian, Person: stranger, Account: b.account(t, stranger)})

	var session uuid.UUID
	must(t, b.API.WithScope(b.ctx, as(t, first, scope.Guardian), func(tx *scope.Tx) error {
		who, err := tx.Person(b.ctx)
		if err != nil {
			return err
		}
		session = who.Session
		ended, err := store.EndSession(b.ctx, tx, session, store.SignedOut)
		if !ended {
			t.Error("signing out ended nothing")
		}
		return err
	}))
	if err := b.enter(t, first, scope.Guardian); !errors.Is(err, scope.ErrNoSession) {
		t.Errorf("after signing out: %v, want ErrNoSession", err)
	}
	must(t, b.API.WithScope(b.ctx, as(t, others, scope.Guardian), func(tx *scope.Tx) error {
		if n, err := store.EndSessionsOf(b.ctx, tx, b.person, store.SignedOut); err != nil || n != 0 {
			t.Errorf("a stranger ended %d sessions, %v", n, err)
		}
		return nil
	}))
	must(t, b.signIn(func(tx *scope.Tx) error {
		if ended, err := store.EndSession(b.ctx, tx, session, store.SignedOut); err != nil || ended {
			t.Errorf("ending again = %t, %v", ended, err)
		}
		if n, err := store.EndSessionsOf(b.ctx, tx, b.person, store.TooManyDevices); err != nil || n != 1 {
			t.Errorf("ended %d sessions, %v, want 1", n, err)
		}
		return nil
	}))
	if err := b.enter(t, second, scope.Guardian); !errors.Is(err, scope.ErrNoSession) {
		t.Errorf("the other device: %v, want ErrNoSession", err)
	}
	if err := b.enter(t, others, scope.Guardian); err != nil {
		t.Errorf("somebody else's session: %v", err)
	}
}

// What leaves the server as a secret is nowhere in the tables, and neither is the second factor's.
func TestSecretsAreNotAtRest(t *testing.T) {
	t.Parallel()
	b := setup(t)
	account := b.account(t, b.person)
	token := b.start(t, store.NewSession{Kind: scope.Guardian, Person: b.person, Account: account})
	secret := totp.NewSecret()
	var holder auth.Token
	must(t, b.signIn(func(tx *scope.Tx) error {
		var err error
		holder, err = store.StartOrder(b.ctx, tx, b.keys, bankid.Order{OrderRef: "o", QRStartToken: "t", QRStartSecret: bankid.Hide("qr-start-secret-of-it")}, store.Order{Started: tx.Now})
		if err != nil {
			return err
		}
		return store.SetPassword(b.ctx, tx, b.keys, account, "astrid", "hash", secret)
	}))
	needles := map[string][]byte{
		"token": []byte(token.Reveal()), "token without its prefix": []byte(token.Reveal()[4:]), "holder": []byte(holder.Reveal()[4:]),
		"secret of the animated code": []byte("qr-start-secret-of-it"), "the same in hexadecimal": fmt.Appendf(nil, "%x", "qr-start-secret-of-it"),
		"second factor": secret, "second factor in hexadecimal": fmt.Appendf(nil, "%x", secret),
		"token in hexadecimal": fmt.Appendf(nil, "%x", token.Reveal()),
	}
	rows, err := b.Admin.Query(b.ctx, "select tablename from pg_tables where schemaname = 'auth'")
	must(t, err)
	var tables []string
	for rows.Next() {
		var name string
		must(t, rows.Scan(&name))
		tables = append(tables, name)
	}
	must(t, rows.Err())
	if len(tables) < 5 {
		t.Fatalf("only the tables %v were found", tables)
	}
	read := 0
	for _, table := range tables {
		rows, err := b.Admin.Query(b.ctx, "select r::text from auth."+table+" r")
		must(t, err)
		for rows.Next() {
			var text string
			must(t, rows.Scan(&text))
			read++
			for name, needle := range needles {
				if bytes.Contains([]byte(text), needle) {
					t.Errorf("auth.%s holds the %s", table, name)
				}
			}
		}
		must(t, rows.Err())
	}
	if read < 4 {
		t.Errorf("only %d rows were looked at", read)
	}
}

func (b *bundle) account(t *testing.T, person uuid.UUID) (id uuid.UUID) {
	t.Helper()
	must(t, b.signIn(func(tx *scope.Tx) error {
		account, err := store.OpenAccount(b.ctx, tx, person, scope.Guardian)
		id = account.ID
		return err
	}))
	return id
}

func (b *bundle) start(t *testing.T, s store.NewSession) (token auth.Token) {
	t.Helper()
	must(t, b.signIn(func(tx *scope.Tx) (err error) {
		token, _, err = store.StartSession(b.ctx, tx, s)
		return err
	}))
	return token
}

// as is the scope of whoever presents the token.
func as(t *testing.T, token auth.Token, kind scope.Caller) scope.Scope {
	t.Helper()
	c, err := auth.ParseToken(token.Reveal())
	must(t, err)
	return scope.ByToken(c.Municipality, c.Digest, kind)
}

func (b *bundle) enter(t *testing.T, token auth.Token, kind scope.Caller) error {
	t.Helper()
	var n int
	return b.API.Reader(as(t, token, kind)).QueryRow(b.ctx, "select 1").Scan(&n)
}
