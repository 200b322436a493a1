package walk_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"testing"

	"github.com/descope/virtualwebauthn"
	"github.com/google/uuid"

	"budstikke.example/auth/passkey"
	"budstikke.example/auth/store"
	"budstikke.example/migrations/scope"
)

// passkeyDomain is what passkeys are made for here.
const passkeyDomain = "budvik.example"

func init() {
	byThemselves["ProveByPasskey"] = true
	holders := slices.Concat(guardians, everyRole)
	maps.Copy(table, map[string]row{
		"StartPasskeySignIn": {open: true, status: 201, body: func(_ *walk, x ids, _ who) any { return map[string]any{"municipalityId": x.Municipality} }},
		"FinishPasskeySignIn": {open: true, status: 201, body: func(w *walk, x ids, _ who) any {
			k := newKey()
			w.keep("Heddavina", scope.Staff, k)
			if x.Municipality != w.here {
				return map[string]any{"holder": nothing().token, "credential": k.sign(w.tb, passkey.NewChallenge())}
			}
			holder, challenge := w.attempt(w.here, "sign_in")
			return map[string]any{"holder": holder, "credential": k.sign(w.tb, challenge)}
		}},
		"StartPasskey": {allowed: holders, status: 201, body: fixed(map[string]any{})},
		"AddPasskey": {allowed: holders, status: 201, body: func(w *walk, _ ids, caller who) any {
			k := newKey()
			if !slices.Contains(holders, caller) {
				return map[string]any{"name": "Ny", "credential": k.made(w.tb, virtualwebauthn.AttestationOptions{Challenge: make([]byte, 32)})}
			}
			return map[string]any{"name": "Ny", "credential": k.answer(w.tb, w.do(w.startPasskey(w.is[caller].token, "")))}
		}},
		"ListPasskeys":      {allowed: holders, status: 200},
		"RenamePasskey":     {allowed: holders, status: 200, arrange: (*walk).ownPasskey, body: fixed(map[string]any{"name": "Hemma"})},
		"RemovePasskey":     {allowed: holders, status: 204, arrange: (*walk).ownPasskey},
		"StartPasskeyProof": {allowed: holders, status: 201},
		// Who may are those whose passkey it is: TestPasskeyProvesAnew.
		"ProveByPasskey": {allowed: nil, status: 204, body: func(w *walk, _ ids, _ who) any {
			return map[string]any{"credential": newKey().sign(w.tb, passkey.NewChallenge())}
		}},
	})
}

// key is an authenticator that nobody here wrote, with one passkey on it.
type key struct {
	site virtualwebauthn.RelyingParty
	auth virtualwebauthn.Authenticator
	key  virtualwebauthn.Credential
}

// wholeKey is how long a public key is whose coordinates do not begin with a zero: the library leaves such zeroes out, which no authenticator does.
const wholeKey = 77

func newKey() *key {
	made := virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	for len(made.Key.AttestationData()) != wholeKey {
		made = virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	}
	return &key{
		site: virtualwebauthn.RelyingParty{ID: passkeyDomain, Name: passkey.Name, Origin: "https://" + passkeyDomain},
		auth: virtualwebauthn.NewAuthenticator(), key: made,
	}
}

// made is what the browser of the key answers when the passkey is made.
func (k *key) made(tb testing.TB, o virtualwebauthn.AttestationOptions) map[string]any {
	tb.Helper()
	return withMore(tb, virtualwebauthn.CreateAttestationResponse(k.site, k.auth, k.key, o))
}

// answer makes the passkey that the server asked for.
func (k *key) answer(tb testing.TB, asked reply) map[string]any {
	tb.Helper()
	o, err := virtualwebauthn.ParseAttestationOptions(string(asked.want(tb, http.StatusCreated, "").body))
	must(tb, err)
	k.auth.Options.UserHandle = []byte(o.UserID)
	return k.made(tb, *o)
}

// sign is what the browser of the key answers when the passkey is used; its count goes on.
func (k *key) sign(tb testing.TB, challenge string) map[string]any {
	tb.Helper()
	k.key.Counter++
	o, err := virtualwebauthn.ParseAssertionOptions(fmt.Sprintf(`{"challenge": %q}`, challenge))
	must(tb, err)
	if len(k.auth.Options.UserHandle) == 0 {
		k.auth.Options.UserHandle = []byte("nobody")
	}
	return withMore(tb, virtualwebauthn.CreateAssertionResponse(k.site, k.auth, k.key, *o))
}

// withMore reads what a library made, and adds what browsers add that we do not read.
func withMore(tb testing.TB, text string) map[string]any {
	tb.Helper()
	var said map[string]any
	must(tb, json.Unmarshal([]byte(text), &said))
	said["authenticatorAttachment"] = "platform"
	said["clientExtensionResults"] = map[string]any{"credProps": map[string]any{"rk": true}}
	return said
}

func (w *town) startPasskey(token, password string) call {
	body := map[string]any{}
	if password != "" {
		body["password"] = password
	}
	return call{method: http.MethodPost, path: "/v1/signin/passkeys/challenges", token: token, body: body}
}

// attempt begins a sign-in with a passkey and returns the holder and the challenge.
func (w *town) attempt(municipality uuid.UUID, purpose string) (holder, challenge string) {
	w.tb.Helper()
	got := w.do(call{method: http.MethodPost, path: "/v1/signin/passkeys/attempts", body: map[string]any{"municipalityId": municipality, "purpose": purpose}}).
		want(w.tb, http.StatusCreated, "")
	var said struct {
		Holder  string
		Options struct{ Challenge string }
	}
	must(w.tb, json.Unmarshal(got.body, &said))
	return said.Holder, said.Options.Challenge
}

// keep gives somebody a passkey without a ceremony, which tests of their own are about.
func (w *town) keep(given string, kind scope.Caller, k *key) (id uuid.UUID) {
	w.tb.Helper()
	p, err := passkey.New(*w.base.Passkeys)
	must(w.tb, err)
	person := w.person(given)
	municipality := one[uuid.UUID](w, "select municipality_id from app.persons where given_name = $1", given)
	must(w.tb, w.API.WithScope(w.ctx, scope.Of(municipality, scope.SignIn), func(tx *scope.Tx) error {
		account, err := store.OpenAccount(w.ctx, tx, person, kind)
		if err != nil {
			return err
		}
		k.auth.Options.UserHandle = account.ID[:]
		challenge := make([]byte, 32)
		said := k.made(w.tb, virtualwebauthn.AttestationOptions{Challenge: challenge})
		response, _ := said["response"].(map[string]any)
		text := func(of map[string]any, name string) string { t, _ := of[name].(string); return t }
		made, err := p.Register("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", account.ID[:], passkey.Attestation{
			ID: text(said, "id"), ClientData: text(response, "clientDataJSON"), Object: text(response, "attestationObject"),
		})
		if err != nil {
			return err
		}
		kept, err := store.AddPasskey(w.ctx, tx, account.ID, kind, "Telefon", made)
		id = kept.ID
		return err
	}))
	return id
}

// ownPasskey is a passkey of the caller, who has room for it.
func (w *walk) ownPasskey(caller who) ids {
	x := w.real
	x.Passkey = w.keep(w.is[caller].given, w.is[caller].kind, newKey())
	return x
}
