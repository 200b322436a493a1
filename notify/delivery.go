package notify

import (
	"errors"
	"time"

	"github.com/google/uuid"
)

// Delivery is one notice to one person by one endpoint, as a worker holds it after its claim.
type Delivery struct {
	Municipality uuid.UUID
	ID           uuid.UUID // stable over every attempt: apns-id, Message-ID and collapse ids are made from it
	Parcel       uuid.UUID // what it travels in; the lease and the fence are the parcel's
	Event        uuid.UUID
	Kind         Kind
	Urgency      Urgency
	Subject      uuid.UUID // what the event is about; the only fact of it that a notice carries (B1)
	Person       uuid.UUID
	Channel      Channel
	Provider     Provider
	Endpoint     uuid.UUID
	Address      string    // e-mail address, E.164 number, device token or web-push subscription (JSON)
	RegisteredAt time.Time // when the endpoint last registered itself; a provider's older "gone" is ignored
	Locale       Locale
	Attempt      int       // counts from 1; raised by the claim, before the work
	Fence        int64     // changes with every claim; a result with an older fence is not written
	ExpiresAt    time.Time // after this moment it is not worth sending
}

// Locale is one of the languages notices are written in.
type Locale string

// The five languages.
const (
	Bokmaal Locale = "nb"
	Nynorsk Locale = "nn"
	Danish  Locale = "da"
	Swedish Locale = "sv"
	English Locale = "en"
)

// Words is a rendered notice: safe on a lock screen, saying that there is something to look at and where, and nothing about a child, an
// institution or a person (B1).
type Words struct {
	Title string // e-mail subject, push title
	Text  string // push body, SMS text, plain part of an e-mail
	HTML  string // HTML part of an e-mail; empty for other channels
	Link  string // opens the right place after sign-in
}

// Mail is a delivery ready to leave by e-mail.
type Mail struct {
	Delivery Delivery
	Words    Words
}

// Push is a delivery ready to leave by push.
type Push struct {
	Delivery Delivery
	Words    Words
}

// SMS is a text message that a critical event justifies. It can only be made by JustifySMS (V20).
type SMS struct {
	delivery Delivery
	words    Words
}

// ErrSMSNotJustified is returned for a delivery that no critical event justifies (V20).
var ErrSMSNotJustified = errors.New("an SMS needs a critical event that justifies it (V20)")

// JustifySMS makes the only value that an SMS sender accepts. It fails with ErrSMSNotJustified unless the delivery is critical, its kind
// is a critical kind, and it names its event (V20).
func JustifySMS(d Delivery, w Words) (SMS, error) {
	urgency, known := KindUrgency(d.Kind)
	if !known || urgency != UrgencyCritical || d.Urgency != UrgencyCritical || d.Event == uuid.Nil || d.Channel != ChannelSMS {
		return SMS{}, ErrSMSNotJustified
	}
	return SMS{delivery: d, words: w}, nil
}

// Delivery returns the delivery that leaves; the zero value if the SMS was not made by JustifySMS.
func (s SMS) Delivery() Delivery { return s.delivery }

// Text returns the words to send.
func (s SMS) Text() string { return s.words.Text }

// JustifiedBy returns the critical event that justified this SMS (V20).
func (s SMS) JustifiedBy() uuid.UUID { return s.delivery.Event }
