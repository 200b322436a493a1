package store_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/auth"
	"budstikke.example/auth/bankid"
	"budstikke.example/auth/store"
	"budstikke.example/migrations/scope"
	"budstikke.example/migrations/seal"
)

func (b *bundle) order(t *testing.T) auth.Credential {
	t.Helper()
	var holder auth.Token
	must(t, b.signIn(func(tx *scope.Tx) (err error) {
		holder, err = store.StartOrder(b.ctx, tx, b.keys, bankid.Order{OrderRef: "ref", QRStartToken: "qr", QRStartSecret: bankid.Hide("secret")}, store.Order{Started: tx.Now})
		return err
	}))
	c, err := auth.ParseHolder(holder.Reveal())
	must(t, err)
	return c
}

func (b *bundle) find(holder auth.Credential) (o store.Order, err error) {
	err = b.signIn(func(tx *scope.Tx) (err error) {
		o, err = store.OrderOf(b.ctx, tx, b.keys, holder)
		return err
	})
	return o, err
}

func TestOrderBelongsToItsHolder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	holder := b.order(t)
	o, err := b.find(holder)
	if err != nil || o.Ref != "ref" || o.QRToken != "qr" || o.QRSecret.Reveal() != "secret" || !o.Started.Equal(b.Clock.Now()) {
		t.Fatalf("OrderOf = %+v, %v", o, err)
	}
	if _, err := b.find(auth.Credential{Municipality: b.here, Digest: [32]byte{1}}); !errors.Is(err, store.ErrNoOrder) {
		t.Errorf("another holder: %v, want ErrNoOrder", err)
	}
	b.Clock.Advance(store.OrderLifetime)
	if _, err := b.find(holder); !errors.Is(err, store.ErrNoOrder) {
		t.Errorf("after its lifetime: %v, want ErrNoOrder", err)
	}
}

func TestOrderFinishesOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	holder := b.order(t)
	o, err := b.find(holder)
	must(t, err)
	boom := errors.New("boom")
	if err := b.signIn(func(tx *scope.Tx) error { return errors.Join(store.FinishOrder(b.ctx, tx, o.ID), boom) }); !errors.Is(err, boom) {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for range 20 {
		group.Add(1)
		go func() {
			defer group.Done()
			err := b.signIn(func(tx *scope.Tx) error { return store.FinishOrder(b.ctx, tx, o.ID) })
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won++
			} else if !errors.Is(err, store.ErrNoOrder) {
				t.Error(err)
			}
		}()
	}
	group.Wait()
	if won != 1 {
		t.Errorf("%d of 20 finished the order, want 1", won)
	}
	if _, err := b.find(holder); !errors.Is(err, store.ErrNoOrder) {
		t.Errorf("afterwards: %v, want ErrNoOrder", err)
	}
	if b.count(t, "select count(*) from auth.bankid_orders where qr_secret <> '' or qr_token <> ''") != 0 {
		t.Error("the QR secret outlives the order")
	}
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	b := setup(t)
	account, other := b.account(t, b.person), b.account(t, b.newPerson(t))
	set := func(account uuid.UUID, username, hash string) error {
		return b.signIn(func(tx *scope.Tx) error {
			return store.SetPassword(b.ctx, tx, b.keys, account, username, hash, []byte("second factor"))
		})
	}
	get := func(username string) (p store.Password, found bool, err error) {
		err = b.signIn(func(tx *scope.Tx) (err error) {
			p, found, err = store.PasswordOf(b.ctx, tx, b.keys, username)
			return err
		})
		return p, found, err
	}
	must(t, set(account, " Åse@Example.com ", "first"))
	p, found, err := get("a\u030ase@example.COM")
	if err != nil || !found || p.Account != account || p.Person != b.person || p.Hash != "first" || string(p.Secret) != "second factor" {
		t.Fatalf("PasswordOf = %+v, %t, %v", p, found, err)
	}
	if err := set(other, "åse@example.com", "x"); !errors.Is(err, store.ErrUsernameTaken) {
		t.Errorf("a second one of the name: %v, want ErrUsernameTaken", err)
	}
	if err := set(other, " x ", "x"); !errors.Is(err, store.ErrUsername) {
		t.Errorf("a short name: %v, want ErrUsername", err)
	}

	step := func(p store.Password, step int64) error {
		return b.signIn(func(tx *scope.Tx) error { return store.UseStep(b.ctx, tx, p, step) })
	}
	must(t, step(p, 7))
	for _, used := range []int64{6, 7} {
		if err := step(p, used); !errors.Is(err, store.ErrStepUsed) {
			t.Errorf("step %d after 7: %v, want ErrStepUsed", used, err)
		}
	}
	must(t, b.signIn(func(tx *scope.Tx) error { return store.RenewHash(b.ctx, tx, p, "renewed") }))
	if err := step(p, 8); !errors.Is(err, store.ErrStepUsed) {
		t.Errorf("with a password that was replaced: %v, want ErrStepUsed", err)
	}
	if p, _, err := get("åse@example.com"); err != nil || p.Hash != "renewed" || p.LastStep != 7 {
		t.Errorf("PasswordOf = %+v, %v", p, err)
	}
	b.exec(t, "update auth.accounts set ended_at = now() where id = $1", account)
	if _, found, err := get("åse@example.com"); err != nil || found {
		t.Errorf("an ended account's password: found %t, %v", found, err)
	}
}

// P15: the second factor of one account does not open in another's row.
func TestSecondFactorIsBoundToItsAccount(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, username := range []string{"astrid", "nils"} {
		account := b.account(t, b.newPerson(t))
		must(t, b.signIn(func(tx *scope.Tx) error {
			return store.SetPassword(b.ctx, tx, b.keys, account, username, "hash", []byte(username))
		}))
	}
	b.exec(t, `update auth.passwords set totp_sealed = (select totp_sealed from auth.passwords where username = 'nils') where username = 'astrid'`)
	err := b.signIn(func(tx *scope.Tx) error {
		_, _, err := store.PasswordOf(b.ctx, tx, b.keys, "astrid")
		return err
	})
	if !errors.Is(err, seal.ErrNotAuthentic) {
		t.Errorf("PasswordOf with another row's secret = %v, want ErrNotAuthentic", err)
	}
}

// H2, H7, H11: who may apply, found by identity number under any version of the index key.
func TestMatchApplicant(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const number = "198501019809" // of the Swedish tax agency's test series
	before, err := seal.Parse("1:"+key('a'), "1:"+key('b'))
	must(t, err)
	after, err := seal.Parse("1:"+key('a'), "1:"+key('b')+",2:"+key('c'))
	must(t, err)
	digest, version := before.Index("national_id", b.here, number)
	b.exec(t, `update app.persons set national_id_sealed = 'x', national_id_key = 1, national_id_index = $2, national_id_index_key = $3 where id = $1`,
		b.person, digest, version)
	match := func(keys *seal.Keyring, number string) (m store.Match, found bool) {
		t.Helper()
		must(t, b.signIn(func(tx *scope.Tx) (err error) {
			m, found, err = store.MatchApplicant(b.ctx, tx, keys.IndexVersions("national_id", b.here, number))
			return err
		}))
		return m, found
	}
	for name, keys := range map[string]*seal.Keyring{"before": before, "after": after} {
		if m, found := match(keys, number); !found || m != (store.Match{Person: b.person}) {
			t.Errorf("%s the rotation: %+v, %t, want the person, who may not apply", name, m, found)
		}
	}
	if _, found := match(after, "198703129810"); found {
		t.Error("an unknown number was found")
	}
	b.account(t, b.person)
	if m, _ := match(after, number); !m.HasAccount {
		t.Error("the person's account was not found")
	}
	err = b.API.WithScope(b.ctx, scope.Of(b.here, scope.Register), func(tx *scope.Tx) error {
		if _, found, err := store.MatchApplicant(b.ctx, tx, before.IndexVersions("national_id", b.here, number)); err != nil || found {
			t.Errorf("outside sign-in: found %t, %v", found, err)
		}
		return nil
	})
	must(t, err)
}
