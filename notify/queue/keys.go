package queue

import (
	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

// group is the consumer group that the notify workers of all processes share on every stream.
const group = "workers"

// Fields of an entry.
const (
	fieldMunicipality = "m" // uuid
	fieldParcel       = "p" // uuid
	fieldAttempt      = "a" // attempts begun when the entry was written
	fieldSize         = "n" // how many deliveries were in it then
)

// laneKey names a lane's belt.
//
// Redis type: stream, with the consumer group "workers". The braces make both lanes of a provider share a slot in a Redis Cluster, because
// a worker reads them with one command.
func laneKey(prefix string, lane outbox.Lane) string {
	if prefix != "" {
		prefix += ":"
	}
	return prefix + "notify:{" + string(lane.Provider) + "}:" + string(lane.Urgency)
}

// Lanes lists both lanes of each provider, critical first.
func Lanes(providers ...notify.Provider) []outbox.Lane {
	var lanes []outbox.Lane
	for _, u := range []notify.Urgency{notify.UrgencyCritical, notify.UrgencyRoutine} {
		for _, p := range providers {
			lanes = append(lanes, outbox.Lane{Provider: p, Urgency: u})
		}
	}
	return lanes
}
