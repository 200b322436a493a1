package auth_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/auth"
	"budstikke.example/migrations/scope"
)

func TestTokenComesBackAsItsCredential(t *testing.T) {
	t.Parallel()
	m := uuid.New()
	for name, kind := range map[string]struct {
		make  func(uuid.UUID) (auth.Token, [32]byte)
		parse func(string) (auth.Credential, error)
		other func(string) (auth.Credential, error)
	}{
		auth.TokenPrefix:  {auth.NewToken, auth.ParseToken, auth.ParseHolder},
		auth.HolderPrefix: {auth.NewHolder, auth.ParseHolder, auth.ParseToken},
	} {
		token, digest := kind.make(m)
		text := token.Reveal()
		if len(text) != auth.SecretLength || !strings.HasPrefix(text, name) || digest != sha256.Sum256([]byte(text)) {
			t.Errorf("%s: made a token of %d characters with a wrong prefix or digest", name, len(text))
		}
		got, err := kind.parse(text)
		if err != nil || got != (auth.Credential{Municipality: m, Digest: digest}) {
			t.Errorf("%s: parse = %+v, %v", name, got, err)
		}
		if _, err := kind.other(text); !errors.Is(err, auth.ErrMalformed) {
			t.Errorf("%s passes as the other kind: %v", name, err)
		}
	}
	first, _ := auth.NewToken(m)
	second, _ := auth.NewToken(m)
	if first.Reveal() == second.Reveal() {
		t.Error("two tokens are equal")
	}
}

func TestWhatIsNoTokenIsRefused(t *testing.T) {
	t.Parallel()
	token, _ := auth.NewToken(uuid.New())
	good := token.Reveal()
	nobody, _ := auth.NewToken(uuid.Nil)
	for name, text := range map[string]string{
		"nothing": "", "the prefix": "bst_", "cut": good[:len(good)-1], "longer": good + "A", "padding": good[:len(good)-1] + "=",
		"other alphabet": good[:len(good)-1] + "+", "upper prefix": "BST_" + good[4:], "space": " " + good[:len(good)-1],
		"line break": good[:10] + "\n" + good[11:], "line breaks": good[:4] + strings.Repeat("\r\n", 32), "no municipality": nobody.Reveal(),
		"not UTF-8": good[:len(good)-1] + "\xff",
	} {
		if _, err := auth.ParseToken(text); !errors.Is(err, auth.ErrMalformed) {
			t.Errorf("%s: ParseToken = %v, want ErrMalformed", name, err)
		}
	}
}

func FuzzParseToken(f *testing.F) {
	token, _ := auth.NewToken(uuid.New())
	f.Add(token.Reveal())
	f.Add("bst_")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := auth.ParseToken(text)
		if err == nil && (c.Municipality == uuid.Nil || c.Digest != sha256.Sum256([]byte(text))) {
			t.Errorf("accepted %q as %+v", text, c)
		}
	})
}

func TestTokenIsNeverPrinted(t *testing.T) {
	t.Parallel()
	token, _ := auth.NewToken(uuid.New())
	var out strings.Builder
	answer := struct{ Token, quiet auth.Token }{token, token}
	for _, v := range []any{token, &token, answer, &answer, []auth.Token{token}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			fmt.Fprintf(&out, verb, v)
		}
		encoded, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(encoded)
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "v", v)
	}
	secret := token.Reveal()[len(auth.TokenPrefix):]
	if (auth.Token{}).Reveal() != "" {
		t.Error("the zero token has a text")
	}
	if strings.Contains(out.String(), secret) || strings.Contains(out.String(), fmt.Sprintf("%x", secret)) {
		t.Errorf("the token was printed: %s", out.String())
	}
}

func TestCredentialTravelsInTheContext(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	doors := map[string]func(context.Context) scope.Scope{
		"guardian": auth.Guardian, "staff": auth.Staff, "applicant": auth.Applicant, "anybody": auth.Anybody, "holder": auth.Holder, "keyholder": auth.Keyholder,
	}
	for name, door := range doors {
		if got := door(ctx); got.Municipality() != uuid.Nil {
			t.Errorf("%s without a credential = a scope of %s, want the zero scope", name, got.Municipality())
		}
	}
	c := auth.Credential{Municipality: uuid.New(), Digest: [32]byte{1}}
	ctx = auth.WithCredential(ctx, c)
	if got, ok := auth.CredentialOf(ctx); !ok || got != c {
		t.Errorf("CredentialOf = %+v, %t", got, ok)
	}
	for name, door := range doors {
		if got := door(ctx); got.Municipality() != c.Municipality {
			t.Errorf("%s = a scope of %s, want %s", name, got.Municipality(), c.Municipality)
		}
	}
}
