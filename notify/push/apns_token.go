package push

import (
	"errors"
	"strings"

	"github.com/sideshow/apns2/token"
)

// APNsToken is a provider token that several senders share. It signs anew when the old one is 50 minutes old. It is safe for concurrent use.
//
// Apple refuses a key whose token changes more than once in 20 minutes (TooManyProviderTokenUpdates), counted over everything behind one
// address: make one APNsToken per key and process, and do not restart processes in a loop.
type APNsToken struct{ token *token.Token }

// NewAPNsToken checks the key by signing with it, because apns2 ignores signing errors and would send an empty bearer. key is the text of
// Apple's .p8 file; the error never contains it.
func NewAPNsToken(key, keyID, teamID string) (*APNsToken, error) {
	var problems []error
	if strings.TrimSpace(keyID) == "" {
		problems = append(problems, errors.New("APNs: the key id is missing; it is shown beside the key in Apple's developer account"))
	}
	if strings.TrimSpace(teamID) == "" {
		problems = append(problems, errors.New("APNs: the team id is missing; it is shown in Apple's developer account under Membership"))
	}
	parsed, err := token.AuthKeyFromBytes([]byte(key))
	if err != nil {
		problems = append(problems, errors.New("APNs: the signing key is not a .p8 file with an elliptic-curve key; give the file's whole text"))
		return nil, errors.Join(problems...)
	}
	t := &token.Token{AuthKey: parsed, KeyID: keyID, TeamID: teamID}
	if ok, err := t.Generate(); !ok || err != nil || t.Bearer == "" {
		problems = append(problems, errors.New("APNs: the signing key cannot sign with ES256; make a new key for APNs in Apple's developer account"))
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return &APNsToken{token: t}, nil
}
