package chaos

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"budstikke.example/notify/sandbox"
)

// report is the last line of a run. The first nine keys are promised in this order; docs/chaos.md says what each means.
type report struct {
	Seed          uint64  `json:"seed"`
	Accepted      int     `json:"accepted"`
	Kills         int     `json:"kills"`
	Faults        int     `json:"faults"`
	Lost          int     `json:"lost"`
	Duplicates    int     `json:"duplicates"`
	DuplicatesSMS int     `json:"duplicates_sms"`
	LastRecipient float64 `json:"last_recipient_s"`
	MaxAnswer     float64 `json:"max_answer_s"`

	DuplicatesBy map[string]int              `json:"duplicates_by"`
	SMSBy        map[string]int              `json:"duplicates_sms_by,omitempty"`
	Written      map[sandbox.Channel]written `json:"written_after_s"`

	LastRoutine     float64        `json:"last_routine_s"`
	FirstSuccess    float64        `json:"first_success_s"`
	DuplicatesEmail int            `json:"duplicates_email"`
	Repeated        int            `json:"requests_repeated"`
	Unclear         int            `json:"requests_unclear"`
	Twice           int            `json:"made_twice"`
	Liveness        int            `json:"liveness_asked"`
	Silent          int            `json:"liveness_silent"`
	Goroutines      float64        `json:"goroutines_more"`
	Memory          float64        `json:"memory_more_mb"`
	Seconds         float64        `json:"seconds"`
	Lag             float64        `json:"machine_lag_s"`
	LagUsual        float64        `json:"machine_lag_usual_s"`
	Stolen          float64        `json:"machine_stolen"`
	Kinds           map[string]int `json:"kinds"`
	LeftOut         []string       `json:"left_out,omitempty"`
	Broken          []string       `json:"broken,omitempty"`
}

// line is the report as one line.
func (r report) line() string {
	text, err := json.Marshal(r)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// missing lists what was accepted and has not arrived.
func (r *run) missing() []notice {
	r.world.sandbox.mu.Lock()
	defer r.world.sandbox.mu.Unlock()
	r.ledger.mu.Lock()
	defer r.ledger.mu.Unlock()
	var list []notice
	for n := range r.ledger.wanted {
		if r.world.sandbox.taken[n] == nil {
			list = append(list, n)
		}
	}
	return list
}

// count compares what was accepted with what has arrived.
func (r *run) count() {
	lost := r.missing()
	r.report.Lost = len(lost)
	for _, n := range lost[:min(len(lost), 20)] {
		r.t.Logf("lost: %+v", n)
	}
	about := r.knowledge()
	r.world.sandbox.mu.Lock()
	defer r.world.sandbox.mu.Unlock()
	r.ledger.mu.Lock()
	defer r.ledger.mu.Unlock()
	r.report.Accepted, r.report.Repeated, r.report.Unclear = len(r.ledger.wanted), r.ledger.repeated, r.ledger.unclear
	r.report.MaxAnswer = seconds(r.ledger.slowest().took)
	r.report.Twice = r.twice()
	by := r.explain(about)
	r.report.Written = r.writing()
	r.report.DuplicatesBy, r.report.SMSBy = by[sandbox.Push], by[sandbox.SMS]
	r.report.Duplicates, r.report.DuplicatesSMS, r.report.DuplicatesEmail = sum(by[sandbox.Push]), sum(by[sandbox.SMS]), sum(by[sandbox.Email])
}

// twice counts what somebody was told of and no client knows as the answer to its request: a request that was repeated, and carried out again (B6). Both
// locks are held.
func (r *run) twice() int {
	type thing struct{ kind, subject string }
	known, kinds, more := map[thing]bool{}, map[string]bool{}, map[thing]bool{}
	for n := range r.ledger.wanted {
		known[thing{n.kind, n.subject}], kinds[n.kind] = true, true
	}
	for n := range r.world.sandbox.taken {
		if t := (thing{n.kind, n.subject}); kinds[n.kind] && !known[t] && !more[t] {
			more[t] = true
			r.t.Logf("nobody asked for it: %+v", n)
		}
	}
	return len(more)
}

func sum(counts map[string]int) int {
	n := 0
	for _, c := range counts {
		n += c
	}
	return n
}

// late notes how long after the last fault of a phase the last of its notices came. Phases are drained one by one.
func (r *run) late() {
	r.world.sandbox.mu.Lock()
	defer r.world.sandbox.mu.Unlock()
	r.ledger.mu.Lock()
	defer r.ledger.mu.Unlock()
	for n, a := range r.world.sandbox.taken {
		late := seconds(a.first.Sub(r.lastFault))
		if critical, wanted := r.ledger.wanted[n]; wanted && critical {
			r.report.LastRecipient = max(r.report.LastRecipient, late)
		} else if wanted {
			r.report.LastRoutine = max(r.report.LastRoutine, late)
		}
	}
}

func seconds(d time.Duration) float64 {
	return float64(d.Round(time.Millisecond)) / float64(time.Second)
}

// always judges what holds on any machine, however slow it is.
func (r *run) always() {
	r.demand(r.report.Lost == 0, "%d notices were lost", r.report.Lost)
	// What a worker has on its way when it dies may arrive twice, and no more: on a slow machine the whole of an alert.
	alert, workers := 2*r.families, r.report.Kinds[string(killWorker)]
	killed := r.report.DuplicatesBy[byKill] + r.report.DuplicatesBy[byKillOutage]
	r.demand(killed <= alert*workers, "%d pushes were repeated for %d killed workers, more than an alert for each", killed, workers)
	killed = r.report.SMSBy[byKill] + r.report.SMSBy[byKillOutage]
	r.demand(killed <= alert*workers, "%d SMS were repeated for %d killed workers, more than an alert for each", killed, workers)
	r.demand(r.report.Silent == 0, "liveness did not answer %d times of %d", r.report.Silent, r.report.Liveness)
	r.demand(len(r.ledger.strange) == 0, "answers that nobody should get: %v", r.ledger.strange[:min(len(r.ledger.strange), 5)])
	r.demand(r.report.Twice == 0 || r.report.Unclear > 0, "%d requests were carried out twice", r.report.Twice)
	r.demand(r.report.Unclear == 0, "%d requests never got a clear answer", r.report.Unclear)
}

// answersInGoodTime judges the longest answer with all the room that a busy machine may need: four times what is demanded.
func (r *run) answersInGoodTime() {
	r.demand(r.report.MaxAnswer <= 10, "an answer took %.2f s: %s", r.report.MaxAnswer, r.told(r.ledger.slowest()))
}

// cutsRepeatLittle judges what was repeated for connections that a push service cut. What is on its way when a worker meets the first cut of its life depends on the
// machine; from then on a connection carries few at a time, and so each life may have one wide cut at each service, and the others repeat three on average.
func (r *run) cutsRepeatLittle() {
	lives := len(r.world.workers) + r.report.Kinds[string(killWorker)]
	for why, by := range r.cuts {
		repeated := slices.Sorted(maps.Values(by))
		narrow := repeated[:max(len(repeated)-lives, 0)]
		n := 0
		for _, each := range narrow {
			n += each
		}
		r.t.Logf("%s: pushes repeated for each connection: %v", why, repeated)
		r.demand(n <= 3*len(narrow), "%s: %d pushes were repeated for the %d connections with the fewest of %v", why, n, len(narrow), repeated)
	}
}

// inTime judges the figures of a machine that does nothing else.
func (r *run) inTime() {
	for _, a := range r.ledger.slow {
		r.t.Logf("slow: %.3f s, %s", a.took.Seconds(), r.told(a))
	}
	r.demand(r.report.Accepted >= 20_000, "only %d notices were accepted", r.report.Accepted)
	r.demand(r.report.Duplicates <= 2*r.report.Kills, "%d pushes were repeated, more than two a kill", r.report.Duplicates)
	r.demand(2*r.report.DuplicatesSMS <= r.report.Kills, "%d SMS were repeated, more than one in two kills", r.report.DuplicatesSMS)
	r.demand(r.report.LastRecipient <= 15, "the last critical notice came %.1f s after the last fault", r.report.LastRecipient)
	r.demand(r.report.MaxAnswer <= 2.5, "an answer took %.2f s: %s", r.report.MaxAnswer, r.told(r.ledger.slowest()))
	r.demand(r.report.FirstSuccess <= 1, "the first success came %.2f s after recovery (%s)", r.report.FirstSuccess, r.watcher.which)
	r.demand(r.report.Goroutines <= 10, "a process has %.0f goroutines more than before", r.report.Goroutines)
	r.demand(r.report.Memory <= 50, "a process has %.0f MB more than before", r.report.Memory)
}

// told is an answer with what was broken meanwhile.
func (r *run) told(a answer) string {
	text := fmt.Sprintf("%s, asked %.1f s after the beginning", a.what, a.at.Sub(r.began).Seconds())
	if broken := r.world.history.during(a.at, a.at.Add(a.took), func(step) bool { return true }); len(broken) > 0 {
		text += ", during " + kinds(broken)
	}
	return text
}

func (r *run) demand(holds bool, text string, args ...any) {
	if !holds {
		r.report.Broken = append(r.report.Broken, fmt.Sprintf(text, args...))
		r.t.Errorf("seed %d: "+text, slices.Concat([]any{r.report.Seed}, args)...)
	}
}
