package oidc_test

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"budstikke.example/auth/oidc"
	"budstikke.example/notify/sandbox/openid"
)

func TestHonestProvider(t *testing.T) {
	t.Parallel()
	l := start(t, nil)
	who, err := l.signIn(t, oidc.Guardian, kari)
	must(t, err)
	if who.NationalID.Reveal() != "10915596784" || who.Country != "NO" || who.Assurance != oidc.High || who.Subject.Reveal() != "kari" || who.Issuer != l.Issuer {
		t.Errorf("a guardian is %+v", who)
	}
	who, err = l.signIn(t, oidc.Staff, kari)
	must(t, err)
	if who.Username.Reveal() != "1000013b36" || who.NationalID.Reveal() != "" {
		t.Errorf("a member of the staff is %+v", who)
	}
	if text := fmt.Sprintf("%v %+v %#v", who, who, who); strings.Contains(text, "1000013b36") || strings.Contains(text, "kari") {
		t.Error("who signed in can be printed")
	}
}

// What a provider says wrongly is not believed, whatever it is; and what is right but too little is refused with its reason.
func TestLies(t *testing.T) {
	t.Parallel()
	say := func(name string, value any) func(*lab, *openid.Token) {
		return func(_ *lab, token *openid.Token) { token.Claims[name] = value }
	}
	ago := func(name string, seconds int64) func(*lab, *openid.Token) {
		return func(l *lab, token *openid.Token) { token.Claims[name] = l.now.Load() - seconds }
	}
	without := func(name string) func(*lab, *openid.Token) {
		return func(_ *lab, token *openid.Token) { delete(token.Claims, name) }
	}
	for name, lie := range map[string]struct {
		twist func(*lab, *openid.Token)
		want  oidc.Reason
	}{
		"another issuer":                     {say("iss", "https://issuer.example"), oidc.NotBelieved},
		"its issuer with a slash":            {func(l *lab, k *openid.Token) { k.Claims["iss"] = l.Issuer + "/" }, oidc.NotBelieved},
		"no issuer":                          {without("iss"), oidc.NotBelieved},
		"another audience":                   {say("aud", "somebody-else"), oidc.NotBelieved},
		"no audience":                        {without("aud"), oidc.NotBelieved},
		"two audiences and nobody who asked": {say("aud", []string{"budstikke", "other"}), oidc.NotBelieved},
		"two audiences, asked for by another": {func(_ *lab, k *openid.Token) {
			k.Claims["aud"], k.Claims["azp"] = []string{"budstikke", "other"}, "other"
		}, oidc.NotBelieved},
		"asked for by another":                  {say("azp", "other"), oidc.NotBelieved},
		"asked for by a number":                 {say("azp", 7), oidc.NotBelieved},
		"another nonce":                         {say("nonce", "n"), oidc.NotBelieved},
		"no nonce":                              {without("nonce"), oidc.NotBelieved},
		"no subject":                            {say("sub", ""), oidc.NotBelieved},
		"a huge subject":                        {say("sub", strings.Repeat("x", 256)), oidc.NotBelieved},
		"expired":                               {ago("exp", 61), oidc.NotBelieved},
		"no expiry":                             {without("exp"), oidc.NotBelieved},
		"an expiry that is a text":              {say("exp", "tomorrow"), oidc.NotBelieved},
		"an expiry beyond all time":             {say("exp", 1e300), oidc.NotBelieved},
		"issued long ago":                       {ago("iat", 12*60), oidc.NotBelieved},
		"issued in the future":                  {ago("iat", -62), oidc.NotBelieved},
		"not issued":                            {without("iat"), oidc.NotBelieved},
		"not valid yet":                         {ago("nbf", -62), oidc.NotBelieved},
		"a hash of another access token":        {say("at_hash", "AAAAAAAAAAAAAAAAAAAAAA"), oidc.NotBelieved},
		"a weaker level":                        {say("acr", "one-factor"), oidc.TooWeak},
		"a level that nobody knows":             {say("acr", "idporten-loa-highest"), oidc.TooWeak},
		"a level in other letters":              {say("acr", "IDPORTEN-LOA-HIGH"), oidc.TooWeak},
		"no level":                              {without("acr"), oidc.TooWeak},
		"a level that is an object":             {say("acr", map[string]any{"idporten-loa-high": true}), oidc.TooWeak},
		"signed in too long ago":                {ago("auth_time", 17*60), oidc.TooLongAgo},
		"signed in nobody knows when":           {without("auth_time"), oidc.TooLongAgo},
		"signed in at a text":                   {say("auth_time", "now"), oidc.TooLongAgo},
		"signed in in the future":               {ago("auth_time", -62), oidc.NotBelieved},
		"nobody":                                {without("pid"), oidc.NotAllowed},
		"two numbers":                           {say("pid", []string{"10915596784", "16822548834"}), oidc.NotAllowed},
		"no token":                              {func(_ *lab, k *openid.Token) { k.Raw = "x" }, oidc.NotBelieved},
		"unsigned":                              {unsigned("none"), oidc.NotBelieved},
		"unsigned, in other letters":            {unsigned("nOnE"), oidc.NotBelieved},
		"signed with the public key as secret":  {withSecretOf(publicPEM), oidc.NotBelieved},
		"signed with the client's secret":       {withSecretOf(func(*lab) []byte { return []byte("s3cret-s3cret-s3cret-s3cret-s3cret") }), oidc.NotBelieved},
		"signed with a key of nobody":           {signedElsewhere, oidc.NotBelieved},
		"signed, and changed afterwards":        {changed, oidc.NotBelieved},
		"three tokens joined":                   {func(_ *lab, k *openid.Token) { k.Raw = strings.Repeat("a.b.c", 40_000) }, oidc.NotBelieved},
		"an answer that is longer than allowed": {func(_ *lab, k *openid.Token) { k.Raw = strings.Repeat("a", 2<<20) }, oidc.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := start(t, nil)
			l.Twist = func(token *openid.Token) { lie.twist(l, token) }
			_, err := l.signIn(t, oidc.Guardian, kari)
			refused(t, name, err, lie.want)
		})
	}
}

// What differs and is still right is believed.
func TestTruthsThatLookLikeLies(t *testing.T) {
	t.Parallel()
	for name, twist := range map[string]func(l *lab, k *openid.Token){
		"a clock that is a minute fast": func(l *lab, k *openid.Token) { k.Claims["iat"] = l.now.Load() + 59 },
		"just expired":                  func(l *lab, k *openid.Token) { k.Claims["exp"] = l.now.Load() - 59 },
		"several audiences, one asked": func(_ *lab, k *openid.Token) {
			k.Claims["aud"], k.Claims["azp"] = []string{"other", "budstikke"}, "budstikke"
		},
		"the lower level that will do": func(_ *lab, k *openid.Token) { k.Claims["acr"] = "idporten-loa-substantial" },
		"signed in a quarter ago":      func(l *lab, k *openid.Token) { k.Claims["auth_time"] = l.now.Load() - 15*60 },
		"times with fractions":         func(l *lab, k *openid.Token) { k.Claims["iat"] = float64(l.now.Load()) + 0.5 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := start(t, nil)
			l.Twist = func(token *openid.Token) { twist(l, token) }
			if _, err := l.signIn(t, oidc.Guardian, kari); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
}

func encoded(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // what the tests write
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

func unsigned(algorithm string) func(*lab, *openid.Token) {
	return func(_ *lab, k *openid.Token) {
		k.Raw = encoded(map[string]string{"alg": algorithm, "typ": "JWT"}) + "." + encoded(k.Claims) + "."
	}
}

// publicPEM is the public key as those write it who take it for a secret.
func publicPEM(l *lab) []byte {
	der, err := x509.MarshalPKIXPublicKey(l.PublicKey().Key)
	if err != nil {
		panic(err) // a key that was just made
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

func withSecretOf(secret func(*lab) []byte) func(*lab, *openid.Token) {
	return func(l *lab, k *openid.Token) {
		k.Raw = signWith(jose.SigningKey{Algorithm: jose.HS256, Key: secret(l)}, l.PublicKey().KeyID, k.Claims)
	}
}

// signedElsewhere is signed by another provider's key, under the id of this one's.
func signedElsewhere(l *lab, k *openid.Token) {
	other := &openid.Provider{}
	raw, err := other.Sign(k.Claims)
	if err != nil {
		panic(err)
	}
	parts := strings.Split(raw, ".")
	k.Raw = strings.Join([]string{encoded(map[string]string{"alg": "ES256", "kid": l.PublicKey().KeyID}), parts[1], parts[2]}, ".")
}

func changed(l *lab, k *openid.Token) {
	raw, err := l.Sign(k.Claims)
	if err != nil {
		panic(err)
	}
	parts := strings.Split(raw, ".")
	k.Claims["pid"] = "16822548834"
	k.Raw = strings.Join([]string{parts[0], encoded(k.Claims), parts[2]}, ".")
}

func signWith(key jose.SigningKey, id string, claims map[string]any) string {
	signer, err := jose.NewSigner(key, (&jose.SignerOptions{}).WithHeader("kid", id))
	if err != nil {
		panic(err)
	}
	body, err := json.Marshal(claims)
	if err != nil {
		panic(err)
	}
	signed, err := signer.Sign(body)
	if err != nil {
		panic(err)
	}
	raw, err := signed.CompactSerialize()
	if err != nil {
		panic(err)
	}
	return raw
}

// A code and what belongs to it are good once, and only together (PKCE).
func TestCodesAreGoodOnceAndTogether(t *testing.T) {
	t.Parallel()
	l := start(t, nil)
	ctx := context.Background()
	begin := func() (oidc.Begun, oidc.Answer) {
		begun, err := l.rp.Begin(ctx, "app", false)
		must(t, err)
		return begun, l.through(t, begun, kari)
	}
	mine, answer := begin()
	_, err := l.rp.Finish(ctx, "app", oidc.Guardian, mine.Secrets, answer)
	must(t, err)
	_, err = l.rp.Finish(ctx, "app", oidc.Guardian, mine.Secrets, answer)
	refused(t, "a code twice", err, oidc.NotBelieved)
	theirs, stolen := begin()
	_, err = l.rp.Finish(ctx, "app", oidc.Guardian, mine.Secrets, stolen)
	refused(t, "a code with another sign-in's verifier", err, oidc.NotBelieved)
	if mine.State == theirs.State || mine.Secrets.Nonce.Reveal() == theirs.Secrets.Nonce.Reveal() || strings.Contains(mine.URL, mine.Secrets.Verifier.Reveal()) {
		t.Error("two sign-ins share a secret, or the address gives the verifier away")
	}
	_, answer = begin()
	_, err = l.rp.Finish(ctx, "app", oidc.Guardian, oidc.Secrets{}, answer)
	refused(t, "without secrets", err, oidc.NotBelieved)
	begun, answer := begin()
	l.now.Add(61)
	_, err = l.rp.Finish(ctx, "app", oidc.Guardian, begun.Secrets, answer)
	refused(t, "a code that is too old", err, oidc.NotBelieved)
	_, err = l.rp.Finish(ctx, "app", oidc.Guardian, begun.Secrets, oidc.Answer{Issuer: l.Issuer})
	refused(t, "no code", err, oidc.NotBelieved)
}

// Mix-up: an answer of another provider is not taken here, and this one's is not sent there (RFC 9207).
func TestAnswersAreNotMixedUp(t *testing.T) {
	t.Parallel()
	honest, evil := start(t, nil), start(t, nil)
	ctx := context.Background()
	atEvil, err := evil.rp.Begin(ctx, "app", false)
	must(t, err)
	atHonest, err := honest.rp.Begin(ctx, "app", false)
	must(t, err)
	answer, before := honest.through(t, atHonest, kari), evil.asked.Load()
	_, err = evil.rp.Finish(ctx, "app", oidc.Guardian, atEvil.Secrets, answer)
	refused(t, "the honest provider's answer at the other", err, oidc.NotBelieved)
	answer.Issuer = ""
	_, err = evil.rp.Finish(ctx, "app", oidc.Guardian, atEvil.Secrets, answer)
	refused(t, "the same without its issuer", err, oidc.NotBelieved)
	if evil.asked.Load() != before {
		t.Error("the code was sent to the wrong provider")
	}
	// The other way round: what a sign-in at the honest provider is told in the name of the other is not taken there either.
	answer.Issuer = evil.Issuer
	_, err = honest.rp.Finish(ctx, "app", oidc.Guardian, atHonest.Secrets, answer)
	refused(t, "the right code under another name", err, oidc.NotBelieved)
}

// A new key of the provider is taken at once, the one it took back is not.
func TestKeysRotate(t *testing.T) {
	t.Parallel()
	l := start(t, nil)
	_, err := l.signIn(t, oidc.Guardian, kari)
	must(t, err)
	l.Rotate()
	if _, err = l.signIn(t, oidc.Guardian, kari); err != nil {
		t.Errorf("after a new key: %v", err)
	}
}

// A provider that says something unusable of itself is not asked.
func TestDiscoveryThatIsRefused(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the provider led us elsewhere") }))
	t.Cleanup(elsewhere.Close)
	for name, change := range map[string]func(map[string]any){
		"another issuer":        func(m map[string]any) { m["issuer"] = "https://issuer.example" },
		"an issuer with a path": func(m map[string]any) { m["issuer"] = m["issuer"].(string) + "/" },
		"addresses in the open": func(m map[string]any) { m["token_endpoint"] = "http://issuer.example/token" },
		"no keys":               func(m map[string]any) { delete(m, "jwks_uri") },
		"PKCE without S256":     func(m map[string]any) { m["code_challenge_methods_supported"] = []string{"plain"} },
		"an address with a user": func(m map[string]any) {
			m["authorization_endpoint"] = "https://user:password@issuer.example/authorize"
		},
		"a million words": func(m map[string]any) { m["x"] = strings.Repeat("x", 2<<20) },
	} {
		l := start(t, nil)
		l.Discovery = change
		_, err := l.rp.Begin(context.Background(), "app", false)
		refused(t, name, err, oidc.Unavailable)
	}
	for name, handler := range map[string]http.HandlerFunc{
		"redirected": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere.URL, http.StatusFound) },
		"not JSON":   func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) },
		"an error":   func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"silent":     func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	} {
		server := httptest.NewServer(handler)
		t.Cleanup(server.Close)
		l := start(t, nil)
		rp := l.open(t, func(p *oidc.Profile) { p.Issuer = server.URL })
		_, err := rp.Begin(context.Background(), "app", false)
		refused(t, name, err, oidc.Unavailable)
	}
}

// The address that the browser is sent to asks for everything that is checked afterwards, and names no return address but ours.
func TestWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	l := start(t, nil)
	begun, err := l.rp.Begin(context.Background(), "app", true)
	must(t, err)
	u, err := url.Parse(begun.URL)
	must(t, err)
	for name, want := range map[string]string{
		"response_type": "code", "client_id": "budstikke", "redirect_uri": back, "scope": "openid", "code_challenge_method": "S256",
		"acr_values": "idporten-loa-high", "max_age": "900", "prompt": "login", "state": begun.State, "nonce": begun.Secrets.Nonce.Reveal(),
	} {
		if got := u.Query().Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	if _, ours := (*oidc.Set)(nil).Find("x", "y", oidc.Staff); ours || (*oidc.Set)(nil).Returning("app") {
		t.Error("no set has a provider")
	}
}
