package queue

import (
	"strings"

	"github.com/google/uuid"

	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

// group is the consumer group that the notify workers of all processes share on every stream.
const group = "workers"

// Fields of an entry. Whose it is stands in the name of its stream.
const (
	fieldParcel  = "p" // uuid
	fieldAttempt = "a" // attempts begun when the entry was written
	fieldSize    = "n" // how many deliveries were in it then
)

// laneKey names a municipality's belt in a lane.
//
// Redis type: stream, with the consumer group "workers". The braces make everything of a municipality share a slot in a Redis Cluster: what it has lies on
// one machine, and municipalities spread over all.
func laneKey(prefix string, municipality uuid.UUID, lane outbox.Lane) string {
	return under(prefix, "notify:{"+municipality.String()+"}:"+string(lane.Provider)+":"+string(lane.Urgency))
}

// bellKey names the channel by which a provider's workers are told whose belts have something. Redis type: none, it is published and not kept.
func bellKey(prefix string, provider notify.Provider) string {
	return under(prefix, "notify:bell:"+string(provider))
}

func under(prefix, key string) string {
	if prefix == "" {
		return key
	}
	return prefix + ":" + key
}

// told writes what a bell says: of which urgency, and whose.
func told(u notify.Urgency, municipalities []uuid.UUID) string {
	var b strings.Builder
	b.WriteString(string(u))
	for _, m := range municipalities {
		b.WriteByte(' ')
		b.WriteString(m.String())
	}
	return b.String()
}

// heard reads what a bell said. What is no id is left out: the relay finds by itself whose belts have something.
func heard(payload string) (notify.Urgency, []uuid.UUID) {
	urgency, ids, _ := strings.Cut(payload, " ")
	var municipalities []uuid.UUID
	for word := range strings.SplitSeq(ids, " ") {
		if id, err := uuid.Parse(word); err == nil {
			municipalities = append(municipalities, id)
		}
	}
	return notify.Urgency(urgency), municipalities
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
