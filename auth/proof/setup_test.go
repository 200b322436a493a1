package proof_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/auth"
	"budstikke.example/auth/password"
	"budstikke.example/auth/proof"
	"budstikke.example/auth/store"
	"budstikke.example/migrations/pgtest"
	"budstikke.example/migrations/scope"
	"budstikke.example/migrations/seal"
)

// bundle is a municipality with one member of the staff, in a database of its own.
type bundle struct {
	*pgtest.Database
	ctx           context.Context
	here, person  uuid.UUID
	account       uuid.UUID
	proveStaff    *proof.Password
	startedTokens chan auth.Token
}

func setup(t *testing.T) *bundle {
	t.Helper()
	keys, err := seal.Parse(seal.FreshKey(1), seal.FreshKey(1))
	must(t, err)
	b := &bundle{Database: pgtest.New(t), ctx: context.Background(), here: uuid.New(), person: uuid.New(), startedTokens: make(chan auth.Token, 100)}
	b.proveStaff = &proof.Password{DB: b.API, Keys: keys, Hasher: password.New(password.Config{Memory: 64, Passes: 1})}
	b.exec(t, `insert into app.municipalities (municipality_id, slug, name, country, locale, time_zone, created_at)
		values ($1, 'exempelby', 'Exempelby', 'SE', 'sv', 'Europe/Stockholm', now())`, b.here)
	b.exec(t, `insert into app.persons (municipality_id, id, given_name, family_name, created_at) values ($1, $2, 'Astrid', 'Ekdal', now())`, b.here, b.person)
	must(t, b.API.WithScope(b.ctx, scope.Of(b.here, scope.SignIn), func(tx *scope.Tx) error {
		account, err := store.OpenAccount(b.ctx, tx, b.person, scope.Guardian)
		b.account = account.ID
		return err
	}))
	return b
}

func (b *bundle) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	if _, err := b.Admin.Exec(b.ctx, sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func (b *bundle) count(t *testing.T, sql string) (n int) {
	t.Helper()
	must(t, b.Admin.QueryRow(b.ctx, sql).Scan(&n))
	return n
}

// start is what a room does in the callback: it begins a session.
func (b *bundle) start(tx *scope.Tx) error {
	token, _, err := store.StartSession(b.ctx, tx, store.NewSession{Kind: scope.Guardian, Person: b.person, Account: b.account, Strong: true})
	if err == nil {
		b.startedTokens <- token
	}
	return err
}

var errBoom = errors.New("boom")

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
