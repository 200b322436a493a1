package outbox

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"strings"

	"github.com/google/uuid"

	"budstikke.example/notify"
)

// The lengths of device tokens. Apple says that a token's length may grow and Google says nothing of it, so both have room.
const (
	minAPNsToken, maxAPNsToken = 64, 200 // hexadecimal digits
	minFCMToken, maxFCMToken   = 20, 4096
)

// check answers the channel of an endpoint whose address has its provider's form. Addresses are checked where they come in: one that no
// provider can take would be tried, and fail, with every notice to its owner. Error: ErrBadEndpoint.
func (e Endpoint) check() (notify.Channel, error) {
	channel, known := e.Provider.Channel()
	fits := known && e.Person != uuid.Nil && len(e.Address) >= 3 && len(e.Address) <= 4096
	switch {
	case !fits:
	case e.Provider == notify.ProviderSMTP:
		fits = strings.Contains(e.Address, "@") && !strings.ContainsAny(e.Address, "\r\n")
	case e.Provider == notify.ProviderTwilio:
		fits = e164(e.Address)
	case e.Provider == notify.ProviderAPNs:
		fits = apnsToken(e.Address)
	case e.Provider == notify.ProviderFCM:
		fits = fcmToken(e.Address)
	case e.Provider == notify.ProviderWebPush:
		fits = subscription(e.Address)
	}
	switch e.Locale {
	case notify.Bokmaal, notify.Nynorsk, notify.Danish, notify.Swedish, notify.English:
	default:
		fits = false
	}
	if !fits {
		return "", ErrBadEndpoint
	}
	return channel, nil
}

func e164(s string) bool {
	if len(s) < 8 || len(s) > 16 || s[0] != '+' || s[1] == '0' {
		return false
	}
	return strings.Trim(s[1:], "0123456789") == ""
}

func apnsToken(s string) bool {
	_, err := hex.DecodeString(s)
	return err == nil && len(s) >= minAPNsToken && len(s) <= maxAPNsToken
}

func fcmToken(s string) bool {
	if len(s) < minFCMToken || len(s) > maxFCMToken {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '-' && r != '_' && r != ':'
	})
}

// subscription tells whether s is what a browser's PushSubscription gives as JSON: an https address without credentials, and the two keys of
// RFC 8291, an uncompressed point of P-256 and sixteen octets. Which hosts a push may go to is the sender's to decide.
func subscription(s string) bool {
	var made struct {
		Endpoint string `json:"endpoint"`
		Keys     struct {
			P256dh string `json:"p256dh"`
			Auth   string `json:"auth"`
		} `json:"keys"`
	}
	if json.Unmarshal([]byte(s), &made) != nil {
		return false
	}
	address, err := url.Parse(made.Endpoint)
	if err != nil || address.Scheme != "https" || address.Hostname() == "" || address.User != nil {
		return false
	}
	return octets(made.Keys.P256dh) == 65 && octets(made.Keys.Auth) == 16
}

// octets is how many octets a text in base64url holds; -1 when it is not in base64url. Padding is taken and not asked for.
func octets(s string) int {
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(s, "="))
	if err != nil {
		return -1
	}
	return len(raw)
}
