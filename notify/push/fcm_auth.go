package push

import (
	"context"
	"errors"
	"net/http"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"
)

// fcmScope is the only right that our access tokens ask for.
const fcmScope = "https://www.googleapis.com/auth/firebase.messaging"

// bearer adds an access token to every request, because firebase's WithHTTPClient switches its own sign-in off.
type bearer struct {
	source oauth2.TokenSource // keeps the token until it expires
	next   http.RoundTripper
}

// tokenError is a sign-in that failed; nothing was sent to FCM.
type tokenError struct{ err error }

func (e tokenError) Error() string { return "push: no access token for FCM" }
func (e tokenError) Unwrap() error { return e.err }

func (t bearer) RoundTrip(req *http.Request) (*http.Response, error) {
	token, err := t.token(req.Context())
	if err != nil {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, err
	}
	signed := req.Clone(req.Context())
	token.SetAuthHeader(signed)
	return t.next.RoundTrip(signed)
}

// token waits for an access token no longer than ctx; the source itself knows no context, and one slow sign-in blocks everybody.
func (t bearer) token(ctx context.Context) (*oauth2.Token, error) {
	type answer struct {
		token *oauth2.Token
		err   error
	}
	answers := make(chan answer, 1)
	go func() {
		token, err := t.source.Token()
		answers <- answer{token, err}
	}()
	select {
	case <-ctx.Done():
		return nil, tokenError{ctx.Err()}
	case a := <-answers:
		if a.err != nil {
			return nil, tokenError{a.err}
		}
		return a.token, nil
	}
}

// refused tells whether a sign-in failed because our key is not accepted, in contrast to a token server that cannot be reached.
func (e tokenError) refused() bool {
	var retrieve *oauth2.RetrieveError
	return errors.As(e.err, &retrieve) && retrieve.Response != nil &&
		retrieve.Response.StatusCode >= 400 && retrieve.Response.StatusCode < 500 &&
		retrieve.Response.StatusCode != http.StatusTooManyRequests
}

// fcmTokens returns the source of access tokens and the project that the key belongs to ("" when the source is given).
func fcmTokens(c FCMConfig) (oauth2.TokenSource, error) {
	if c.TokenSource != nil {
		return oauth2.ReuseTokenSource(nil, c.TokenSource), nil
	}
	config, err := google.JWTConfigFromJSON([]byte(c.Credentials), fcmScope)
	if err != nil || config.Email == "" || len(config.PrivateKey) == 0 {
		return nil, errors.New("FCM: Credentials is no service account key; give the text of the JSON file that the Firebase console makes")
	}
	client := &http.Client{Transport: keptTransport(c.RootCAs, 2), Timeout: 10 * time.Second, CheckRedirect: noRedirects}
	return config.TokenSource(context.WithValue(context.Background(), oauth2.HTTPClient, client)), nil
}
