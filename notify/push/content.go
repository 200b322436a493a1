package push

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"time"

	"github.com/google/uuid"

	"budstikke.example/notify"
)

// Content is everything a push tells the app, whoever carries it. It is closed on purpose: a field that could name a child, a person or an
// institution has no place in it (B1).
type Content struct {
	Title   string      // safe on a lock screen
	Body    string      // safe on a lock screen
	Kind    notify.Kind // which screen to prepare
	Event   uuid.UUID   // the event
	Subject uuid.UUID   // what the event is about
	Link    string      // path to open after sign-in, without host, query and fragment
	Dedupe  string      // the same for every push about one event to one person; the app shows it once
}

// contentOf picks from a push what may leave.
func contentOf(p notify.Push) Content {
	d := p.Delivery
	return Content{
		Title: p.Words.Title, Body: p.Words.Text, Kind: d.Kind, Event: d.Event, Subject: d.Subject,
		Link: linkPath(p.Words.Link), Dedupe: collapseID(d),
	}
}

// linkPath drops host, query and fragment: a fragment may hold a secret, and the app knows its own host.
func linkPath(link string) string {
	u, err := url.Parse(link)
	if err != nil || u.Path == "" || u.Path[0] != '/' {
		return "/"
	}
	return u.EscapedPath()
}

// collapseID is the same for every push about one event to one person, and tells nothing about either. Its 32 hexadecimal digits fit
// apns-collapse-id (64 bytes), an Android tag and the Topic of web push (32 characters of base64url).
func collapseID(d notify.Delivery) string {
	sum := sha256.Sum256(append(d.Event[:], d.Person[:]...))
	return hex.EncodeToString(sum[:16])
}

// lifetime is how long a push may wait at the provider: until ExpiresAt, at least zero (now or never) and at most 28 days, which is the
// longest that FCM takes. A delivery without ExpiresAt is now or never: an old alert does harm.
func lifetime(d notify.Delivery, now time.Time) time.Duration {
	left := d.ExpiresAt.Sub(now)
	return max(0, min(left.Truncate(time.Second), 28*24*time.Hour))
}

// isCritical tells whether a push overtakes everything and may break through quiet modes.
func isCritical(d notify.Delivery) bool { return d.Urgency == notify.UrgencyCritical }
