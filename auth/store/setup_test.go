package store_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/migrations/pgtest"
	"budstikke.example/migrations/scope"
	"budstikke.example/migrations/seal"
)

// bundle is a municipality with one person, in a database of its own.
type bundle struct {
	*pgtest.Database
	ctx    context.Context
	here   uuid.UUID
	person uuid.UUID
	keys   *seal.Keyring
}

func setup(t *testing.T) *bundle {
	t.Helper()
	keys, err := seal.Parse(seal.FreshKey(1), seal.FreshKey(1))
	if err != nil {
		t.Fatal(err)
	}
	b := &bundle{Database: pgtest.New(t), ctx: context.Background(), here: uuid.New(), keys: keys}
	b.exec(t, `insert into app.municipalities (municipality_id, slug, name, country, locale, time_zone, created_at)
		values ($1, 'exempelby', 'Exempelby', 'SE', 'sv', 'Europe/Stockholm', now())`, b.here)
	b.person = b.newPerson(t)
	return b
}

func (b *bundle) newPerson(t *testing.T) uuid.UUID {
	t.Helper()
	id := uuid.New()
	b.exec(t, `insert into app.persons (municipality_id, id, given_name, family_name, created_at) values ($1, $2, 'Astrid', 'Ekdal', now())`, b.here, id)
	return id
}

func (b *bundle) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	if _, err := b.Admin.Exec(b.ctx, sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// count looks behind row-level security.
func (b *bundle) count(t *testing.T, sql string, args ...any) (n int) {
	t.Helper()
	if err := b.Admin.QueryRow(b.ctx, sql, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// signIn runs fn in the scope in which nobody is known yet.
func (b *bundle) signIn(fn func(tx *scope.Tx) error) error {
	return b.API.WithScope(b.ctx, scope.Of(b.here, scope.SignIn), fn)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// key is a key in base64: 32 times the same byte.
func key(b byte) string {
	return base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{b}, seal.KeySize))
}
