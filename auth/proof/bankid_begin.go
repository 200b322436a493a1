package proof

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"strings"

	"github.com/google/uuid"
	"golang.org/x/net/publicsuffix"

	"budstikke.example/auth"
	"budstikke.example/auth/bankid"
	"budstikke.example/auth/store"
	"budstikke.example/migrations/scope"
)

// ErrNoReturn means that BankID cannot come back to such a client: there is no address of that name.
var ErrNoReturn = errors.New("proof: no return address of that name")

// ParseReturns reads return addresses written as NAME=https://…: at most 400 characters, without ? and #. The error says what is wrong with which.
func ParseReturns(texts []string) (map[string]string, error) {
	returns := map[string]string{}
	for _, text := range texts {
		name, address, _ := strings.Cut(text, "=")
		u, err := url.Parse(address)
		switch {
		case !clientName.MatchString(name):
			return nil, fmt.Errorf("%q has to be NAME=https://…, with a name of lower-case letters, digits and hyphens", text)
		case err != nil || u.Scheme != "https" || u.Host == "" || strings.ContainsAny(address, "?#") || len(address) > mostReturn:
			return nil, fmt.Errorf("the address of %s has to begin with https://, to end without ? and #, and to be at most %d characters long", name, mostReturn)
		case returns[name] != "":
			return nil, fmt.Errorf("there are two addresses of the name %s", name)
		}
		returns[name] = address
	}
	return returns, nil
}

// mostReturn leaves room for the nonce: BankID takes 512 characters.
const mostReturn = 400

var clientName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

// MostRestarts is how many fresh orders take the place of one that nobody started: with the first, five minutes of QR codes.
const MostRestarts = 9

// Start is what a sign-in begins with.
type Start struct {
	Address    netip.Addr // the device's, as the outermost proxy we trust saw it
	SameDevice bool       // BankID is on the device that begins; needs a Client
	Client     string     // names the return address; may be empty for BankID on another device
	App        *bankid.App
	// UserAgent is the browser's, for who begins in one; the domain that is told is that of the Client.
	UserAgent string
	Device    auth.Device
}

// Started is what the app needs to go on with: either AutoStartToken or QR, so that an order that is for one device cannot be opened on another.
type Started struct {
	// Holder is the secret of the device that started: only who shows it may collect.
	Holder auth.Token
	// AutoStartToken opens the BankID app on the same device: bankid:///?autostarttoken=…&redirect=null, or https://app.bankid.com/….
	AutoStartToken string
	// QR is what the animated code shows now, for BankID on another device; Collect returns the following ones.
	QR string
}

// Begin asks BankID for an identification of whoever is at the device. Errors: ErrNoReturn; *bankid.Error and others for which bankid.Trouble has
// a text.
func (b *BankID) Begin(ctx context.Context, municipality uuid.UUID, s Start) (Started, error) {
	back, known := b.Returns[s.Client]
	if !known && (s.SameDevice || s.Client != "") {
		return Started{}, ErrNoReturn
	}
	request := bankid.AuthRequest{EndUserIP: s.Address, MostRisk: b.MostRisk, App: s.App}
	if s.App != nil {
		request.App.Device = bankid.DeviceIdentifier(s.Device)
	} else if s.UserAgent != "" && known {
		request.Web = &bankid.Web{Domain: domainOf(back), UserAgent: s.UserAgent, Device: bankid.DeviceIdentifier(s.Device)}
	}
	kept := store.Order{Told: store.Told{App: request.App, Web: request.Web}}
	if s.SameDevice {
		var raw [32]byte
		_, _ = rand.Read(raw[:]) // never fails: crypto/rand ends the program instead
		nonce := base64.RawURLEncoding.EncodeToString(raw[:])
		request.ReturnURL, kept.NonceHash = back+"#nonce="+nonce, digestOf(nonce)
	}
	order, err := b.Client.Auth(ctx, request)
	if err != nil {
		return Started{}, err
	}
	kept.Started = b.DB.Now()
	var started Started
	err = b.DB.WithScope(ctx, scope.Of(municipality, scope.SignIn), func(tx *scope.Tx) error {
		var err error
		started.Holder, err = store.StartOrder(ctx, tx, b.Keys, order, kept)
		return err
	})
	if err != nil {
		return Started{}, err
	}
	if s.SameDevice {
		started.AutoStartToken = order.AutoStartToken
	} else {
		started.QR = bankid.QR(order.QRStartToken, order.QRStartSecret, 0)
	}
	return started, nil
}

func digestOf(nonce string) []byte {
	digest := sha256.Sum256([]byte(nonce))
	return digest[:]
}

// domainOf is the domain that the page at an address belongs to, as somebody has registered it; the host where nobody can tell.
func domainOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	if domain, err := publicsuffix.EffectiveTLDPlusOne(u.Hostname()); err == nil {
		return domain
	}
	return u.Hostname()
}

// restarts tells whether a fresh order takes the place of one that failed. On the same device the person has to open the app anew by
// themselves, since a browser opens none without being touched.
func restarts(order store.Order, hint bankid.Hint) bool {
	return hint == bankid.StartFailed && order.NonceHash == nil && order.Restarts < MostRestarts
}

// restart puts a fresh order in the place of one whose QR code nobody scanned in time, as BankID's guidelines ask. The holder stays the same.
func (b *BankID) restart(ctx context.Context, old store.Order, q Question) (Progress, error) {
	fresh, err := b.Client.Auth(ctx, bankid.AuthRequest{EndUserIP: q.Address, MostRisk: b.MostRisk, App: old.Told.App, Web: old.Told.Web})
	if err != nil {
		return Progress{}, err
	}
	started := b.DB.Now()
	credential, err := auth.ParseHolder(q.Holder)
	if err != nil {
		return Progress{}, err
	}
	replaced := false
	write, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTimeout)
	defer cancel()
	err = b.DB.WithScope(write, scope.Of(credential.Municipality, scope.SignIn), func(tx *scope.Tx) error {
		var err error
		replaced, err = store.RestartOrder(write, tx, b.Keys, old, fresh, started)
		return err
	})
	if err != nil {
		return Progress{}, err
	}
	b.recent.over(old.ID)
	if !replaced {
		_ = b.giveUp(write, fresh.OrderRef) // it would run out by itself
	}
	_, present, err := b.order(write, q.Holder)
	if err != nil {
		return Progress{}, err
	}
	return b.pending(present, bankid.OutstandingTransaction, q.Locale), nil
}
