package app

import (
	"time"

	"github.com/google/uuid"
)

// Situation is what sort of critical situation an alert is about.
type Situation string

// The situations.
const (
	Evacuation     Situation = "evacuation"
	Lockdown       Situation = "lockdown"
	Closure        Situation = "closure"
	DangerNearby   Situation = "danger_nearby"
	OtherSituation Situation = "other"
)

// Alert is a critical announcement to every guardian of an institution. Its text is read in the app and is part of no notice (B1).
type Alert struct {
	ID          uuid.UUID
	Institution Institution
	Situation   Situation
	Text        string
	RaisedBy    uuid.UUID
	RaisedAt    time.Time
}

// Alarm makes an alert. Fault: text_empty.
func (i Institution) Alarm(id uuid.UUID, situation Situation, text string, by uuid.UUID, now time.Time) (Alert, error) {
	if !visible(text) {
		return Alert{}, ErrTextEmpty
	}
	return Alert{ID: id, Institution: i, Situation: situation, Text: text, RaisedBy: by, RaisedAt: now}, nil
}
