package push

import (
	"fmt"
	"time"

	"firebase.google.com/go/v4/messaging"

	"budstikke.example/notify"
)

// buildFCM translates a push.
//
// The notification carries the words and the data the rest, so that Android shows it even when the app is dead: FCM stops honouring the
// high priority of an app whose high-priority pushes show nothing. The tag makes a repeated push replace the shown one.
func buildFCM(p notify.Push, config FCMConfig, now time.Time) *messaging.Message {
	c := contentOf(p)
	ttl := lifetime(p.Delivery, now)
	android := &messaging.AndroidConfig{
		CollapseKey: fcmCollapseKey(p.Delivery),
		Priority:    "normal",
		TTL:         &ttl,
		Notification: &messaging.AndroidNotification{
			Tag:        c.Dedupe,
			ChannelID:  config.Channel,
			Priority:   messaging.PriorityDefault,
			Visibility: messaging.VisibilityPublic, // the words are made for the lock screen (B1)
		},
	}
	if isCritical(p.Delivery) {
		android.Priority = "high"
		android.Notification.ChannelID = config.CriticalChannel
		android.Notification.Priority = messaging.PriorityMax
	}
	return &messaging.Message{
		Token:        p.Delivery.Address,
		Notification: &messaging.Notification{Title: c.Title, Body: c.Body},
		Data: map[string]string{
			"kind": string(c.Kind), "event": c.Event.String(), "subject": c.Subject.String(), "link": c.Link, "dedupe": c.Dedupe,
		},
		Android: android,
	}
}

// fcmCollapseKey chooses one of four keys. While a device is offline FCM keeps one push per key and at most four keys, dropping any of
// them beyond that: a key per event would let routine pushes push a critical one out. So routine pushes share one key, and the critical
// ones have the other three, chosen by event.
func fcmCollapseKey(d notify.Delivery) string {
	if !isCritical(d) {
		return "routine"
	}
	return fmt.Sprintf("critical-%d", d.Event[15]%3)
}
