package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
)

// record puts an accepted push into the journal.
func (a *apnsServer) record(p *apnsPush, id, token, peer string, unanswered bool) {
	headers := make(Headers, 0, 8)
	for _, h := range [...]Header{{"apns-topic", p.topic}, {"apns-push-type", p.pushType}, {"apns-priority", p.priority},
		{"apns-expiration", p.expiration}, {"apns-collapse-id", p.collapse}} {
		if h.Value != "" {
			headers = append(headers, h)
		}
	}
	a.s.journal.add(Delivered{Provider: APNs, Channel: Push, To: token, ID: id, Key: id, From: p.topic, Peer: peer, Unanswered: unanswered,
		Headers: headers, Raw: p.payload}, readAPS)
}

// readAPS fills in what a phone shows from the aps dictionary.
func readAPS(d *Delivered) {
	var payload struct {
		APS struct {
			Alert             json.RawMessage `json:"alert"`
			Category          string          `json:"category"`
			ThreadID          string          `json:"thread-id"`
			InterruptionLevel string          `json:"interruption-level"`
			Badge             *int            `json:"badge"`
			ContentAvailable  int             `json:"content-available"`
			MutableContent    int             `json:"mutable-content"`
		} `json:"aps"`
	}
	if json.Unmarshal(d.Raw, &payload) != nil {
		return // shown raw
	}
	aps := payload.APS
	var alert struct{ Title, Subtitle, Body string }
	if json.Unmarshal(aps.Alert, &d.Body) != nil && json.Unmarshal(aps.Alert, &alert) == nil {
		d.Title, d.Body = alert.Title, alert.Body
		if alert.Subtitle != "" {
			d.Headers = append(d.Headers, Header{"subtitle", alert.Subtitle})
		}
	}
	note := func(name, value string) {
		if value != "" && value != "0" {
			d.Headers = append(d.Headers, Header{name, value})
		}
	}
	note("interruption-level", aps.InterruptionLevel)
	note("category", aps.Category)
	note("thread-id", aps.ThreadID)
	note("content-available", strconv.Itoa(aps.ContentAvailable))
	note("mutable-content", strconv.Itoa(aps.MutableContent))
	if aps.Badge != nil {
		d.Headers = append(d.Headers, Header{"badge", strconv.Itoa(*aps.Badge)})
	}
}

// contentKey stands in for a key where the sender gave none.
func contentKey(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		_, _ = h.Write(append([]byte(p), 0)) // a hash takes everything
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil)[:16])
}
