package push

import (
	"encoding/json"
	"time"

	"github.com/sideshow/apns2"

	"budstikke.example/notify"
)

// apnsPayload is the JSON body of an APNs request, in Apple's key names.
type apnsPayload struct {
	Aps     apnsAps `json:"aps"`
	Kind    string  `json:"kind"`
	Event   string  `json:"event"`
	Subject string  `json:"subject"`
	Link    string  `json:"link"`
	Dedupe  string  `json:"dedupe"`
}

type apnsAps struct {
	Alert             apnsAlert `json:"alert"`
	Sound             any       `json:"sound,omitempty"` // a name, or an apnsSound for a critical alert
	InterruptionLevel string    `json:"interruption-level"`
}

type apnsAlert struct {
	Title string `json:"title"`
	Body  string `json:"body"`
}

// apnsSound is the sound of a critical alert, which is heard through mute and Do Not Disturb.
type apnsSound struct {
	Critical int     `json:"critical"`
	Name     string  `json:"name"`
	Volume   float64 `json:"volume"`
}

// buildAPNs translates a push. The apns-id is the delivery's id, so that a repeated attempt is the same notification to Apple.
//
// Routine pushes are active, or passive when they only confirm something that waits (guardian_activated, applications_waiting): passive ones do not light up a
// screen at night. Critical ones are time-sensitive, and critical only with Apple's entitlement: without it APNs shows nothing at all.
func buildAPNs(p notify.Push, topic string, entitled bool) (*apns2.Notification, error) {
	c := contentOf(p)
	aps := apnsAps{Alert: apnsAlert{Title: c.Title, Body: c.Body}, Sound: "default", InterruptionLevel: "active"}
	switch {
	case isCritical(p.Delivery) && entitled:
		aps.InterruptionLevel = "critical"
		aps.Sound = apnsSound{Critical: 1, Name: "default", Volume: 1}
	case isCritical(p.Delivery):
		aps.InterruptionLevel = "time-sensitive"
	case c.Kind == notify.KindGuardianActivated, c.Kind == notify.KindApplicationsWaiting:
		aps.InterruptionLevel = "passive"
		aps.Sound = nil
	}
	body, err := json.Marshal(apnsPayload{
		Aps: aps, Kind: string(c.Kind), Event: c.Event.String(), Subject: c.Subject.String(), Link: c.Link, Dedupe: c.Dedupe,
	})
	if err != nil {
		return nil, err
	}
	return &apns2.Notification{
		ApnsID:      p.Delivery.ID.String(),
		CollapseID:  c.Dedupe,
		DeviceToken: p.Delivery.Address,
		Topic:       topic,
		Expiration:  apnsExpiration(p.Delivery.ExpiresAt),
		Priority:    apns2.PriorityHigh,
		PushType:    apns2.PushTypeAlert,
		Payload:     body,
	}, nil
}

// apnsExpiration avoids a trap of apns2: it leaves apns-expiration out unless the time is after second 0 of 1970, so "now or never" cannot
// be said with 0. Second 1 is also in the past and means the same to Apple.
func apnsExpiration(expires time.Time) time.Time {
	if now := time.Unix(1, 0); expires.Before(now) {
		return now
	}
	return expires
}
