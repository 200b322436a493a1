package oidc_test

import (
	"context"
	"testing"
	"time"

	"budstikke.example/auth/oidc"
	"budstikke.example/notify/sandbox/openid"
)

// A running session is proved anew by a sign-in that is younger than the question, of a known time, and strong, whatever the profile lets in (RFC 9470).
func TestAProofIsOfNow(t *testing.T) {
	t.Parallel()
	for name, try := range map[string]struct {
		say  map[string]any // nil takes the claim away
		want oidc.Reason
	}{
		"signed in since":                  {nil, ""},
		"signed in before":                 {map[string]any{"auth_time": int64(-120)}, oidc.TooLongAgo},
		"a little before, by their clock":  {map[string]any{"auth_time": int64(-50)}, ""},
		"a little ahead, by their clock":   {map[string]any{"auth_time": int64(50)}, ""},
		"signed in tomorrow":               {map[string]any{"auth_time": int64(86400)}, oidc.NotBelieved},
		"signed in, in milliseconds":       {map[string]any{"auth_time": int64(1_800_000_000_000)}, oidc.TooLongAgo},
		"nobody knows when":                {map[string]any{"auth_time": nil}, oidc.TooLongAgo},
		"as weakly as the profile lets in": {map[string]any{"acr": "one-factor"}, oidc.TooWeak},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := start(t, func(p *oidc.Profile) { p.FreshWithin, p.Level.Least, p.Guardian = 0, oidc.Low, nil })
			l.Twist = func(token *openid.Token) {
				for claim, value := range try.say {
					switch value := value.(type) {
					case nil:
						delete(token.Claims, claim)
					case int64:
						token.Claims[claim] = l.now.Load() + value
					default:
						token.Claims[claim] = value
					}
				}
			}
			begun, err := l.rp.Begin(context.Background(), "app", true)
			must(t, err)
			begun.Secrets.Since = l.clock()
			_, err = l.rp.Finish(context.Background(), "app", oidc.Staff, begun.Secrets, l.through(t, begun, kari))
			if try.want == "" {
				must(t, err)
				return
			}
			refused(t, name, err, try.want)
		})
	}
	l := start(t, func(p *oidc.Profile) { p.FreshWithin, p.Level.Least, p.Guardian = 0, oidc.Low, nil })
	l.Twist = func(token *openid.Token) {
		token.Claims["acr"], token.Claims["auth_time"] = "one-factor", l.clock().Add(-time.Hour).Unix()
	}
	if _, err := l.signIn(t, oidc.Staff, kari); err != nil {
		t.Errorf("a sign-in asks for no more than the profile: %v", err)
	}
}
