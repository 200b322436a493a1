package chaos

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"budstikke.example/notify/sandbox"
)

// known is what the outbox has noted of the attempts of a notice.
type known struct {
	unknown []time.Time // when an attempt was settled whose answer nobody saw
	expired int         // leases that ran out
	story   string      // the delivery and its attempts, for a reader
}

// written is how soon after a provider took something that was sent once it was written that it did, in seconds. A worker that is killed in between has it
// sent again: what is sent in a second, times the mean, is what a kill repeats.
type written struct {
	Usual float64 `json:"p50"`
	Late  float64 `json:"p99"`
	Mean  float64 `json:"mean"`
}

// writing tells how soon it was, by channel. The sandbox is locked.
func (r *run) writing() map[sandbox.Channel]written {
	ctx, cancel := context.WithTimeout(r.world.ctx, patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, r.world.postgres.now.URL())
	must(r.t, err)
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, `
		select e.kind, e.subject_id::text, p.address, d.settled_at
		from notify.deliveries d
		join notify.events e on e.municipality_id = d.municipality_id and e.id = d.event_id
		join notify.endpoints p on p.municipality_id = d.municipality_id and p.id = d.endpoint_id
		where d.state = 'sent' and d.fence = 1`)
	must(r.t, err)
	took := map[sandbox.Channel][]float64{}
	for rows.Next() {
		var n notice
		var settled time.Time
		must(r.t, rows.Scan(&n.kind, &n.subject, &n.to, &settled))
		if a := r.world.sandbox.taken[n]; a != nil {
			took[a.channel] = append(took[a.channel], settled.Sub(a.first).Seconds())
		}
	}
	must(r.t, rows.Err())
	all := map[sandbox.Channel]written{}
	for channel, list := range took {
		slices.Sort(list)
		mean := 0.0
		for _, s := range list {
			mean += s / float64(len(list))
		}
		round := func(s float64) float64 { return math.Round(s*1000) / 1000 }
		all[channel] = written{round(list[len(list)/2]), round(list[len(list)*99/100]), round(mean)}
	}
	return all
}

// knowledge reads what the outbox knows of what may have arrived twice.
func (r *run) knowledge() map[notice]known {
	ctx, cancel := context.WithTimeout(r.world.ctx, patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, r.world.postgres.now.URL())
	must(r.t, err)
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, `
		select e.kind, e.subject_id::text, p.address, d.possible_duplicates,
			coalesce((select array_agg(a.finished_at order by a.fence) from notify.attempts a
				where a.municipality_id = d.municipality_id and a.delivery_id = d.id and a.outcome = 'unknown'), '{}'),
			format('%s %s %s, fence %s, attempt %s, settled %s', d.state, d.outcome, d.reason, d.fence, d.attempt, d.settled_at) ||
				coalesce((select string_agg(format('; %s %s %s, fence %s, %s', a.outcome, a.status, a.reason, a.fence, a.finished_at), '' order by a.fence)
					from notify.attempts a where a.municipality_id = d.municipality_id and a.delivery_id = d.id), '')
		from notify.deliveries d
		join notify.events e on e.municipality_id = d.municipality_id and e.id = d.event_id
		join notify.endpoints p on p.municipality_id = d.municipality_id and p.id = d.endpoint_id
		where d.possible_duplicates > 0 or d.fence > 1`)
	must(r.t, err)
	all := map[notice]known{}
	for rows.Next() {
		var n notice
		var k known
		var possible int
		must(r.t, rows.Scan(&n.kind, &n.subject, &n.to, &possible, &k.unknown, &k.story))
		k.expired = possible - len(k.unknown)
		all[n] = k
	}
	must(r.t, rows.Err())
	return all
}

// String is a taking as the log has it.
func (t taking) String() string {
	return fmt.Sprintf("%s from %s at %s, unanswered %t", t.provider, t.peer, t.at.UTC().Format(time.RFC3339Nano), t.unanswered)
}

// Why something was sent again, when it was not that a provider took it and the sender has no answer; then it is the provider's name and what it did.
const (
	byKill        = "worker killed"              // with what it had on its way, or had not written down
	byKillOutage  = "worker killed, no database" // it could not write down what it had sent
	byOutage      = "lease ran out, no database" // as before, and it lived
	byLease       = "lease ran out"
	byNobodyKnows = "unexplained"
)

// why tells why a notice was sent again that a provider had taken before. What is noted as unknown was the provider's doing; what was not settled at all was
// lost with its worker, or could not be settled in time.
func (h *history) why(k known, before, again taking) string {
	if slices.ContainsFunc(k.unknown, func(at time.Time) bool { return at.After(before.at) && at.Before(again.at.Add(time.Second)) }) {
		return string(before.provider) + " " + h.mode(before)
	}
	if killed, was := h.killed(before.peer, before.at); was && killed.from.Before(again.at) {
		if len(h.during(before.at, killed.from, ofPostgres)) > 0 {
			return byKillOutage
		}
		return byKill
	}
	switch {
	case before.unanswered:
		return string(before.provider) + " " + h.mode(before)
	case k.expired > 0 && len(h.during(before.at, again.at, ofPostgres)) > 0:
		return byOutage
	case k.expired > 0:
		return byLease
	}
	return byNobodyKnows
}

// mode is what a provider did when it took something.
func (h *history) mode(t taking) string {
	list := h.during(t.at, t.at.Add(time.Millisecond), func(s step) bool { return s.fault == badProvider && s.provider == t.provider })
	if len(list) == 0 {
		return "without an answer"
	}
	return list[len(list)-1].mode.Mode
}

// explain counts, by channel, how often something was sent again, and why. The sandbox is locked.
func (r *run) explain(about map[notice]known) map[sandbox.Channel]map[string]int {
	counts := map[sandbox.Channel]map[string]int{sandbox.Push: {}, sandbox.SMS: {}, sandbox.Email: {}}
	when := map[int]map[string]int{}
	for n, a := range r.world.sandbox.taken {
		for _, copies := range a.copies {
			for i := 1; i < len(copies); i++ {
				why := r.world.history.why(about[n], copies[i-1], copies[i])
				counts[a.channel][why]++
				if a.channel == sandbox.Push && why == string(copies[i-1].provider)+" "+sandbox.ModeReset {
					if r.cuts[why] == nil {
						r.cuts[why] = map[string]int{}
					}
					r.cuts[why][copies[i-1].peer]++
				}
				second := int(copies[i-1].at.Sub(r.began).Seconds())
				if when[second] == nil {
					when[second] = map[string]int{}
				}
				when[second][fmt.Sprintf("%s: %s", a.channel, why)]++
				if why == byNobodyKnows {
					r.t.Logf("sent again, and nobody knows why: %+v: %v; %s", n, copies, about[n].story)
				}
			}
		}
	}
	for _, second := range slices.Sorted(maps.Keys(when)) {
		r.t.Logf("sent again of what was taken %d s after the beginning: %v", second, when[second])
	}
	return counts
}
