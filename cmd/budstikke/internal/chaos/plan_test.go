package chaos

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"budstikke.example/notify/sandbox"
)

// fault is something that goes wrong.
type fault string

const (
	killAPI        fault = "api killed"
	killWorker     fault = "worker killed"
	wipeRedis      fault = "redis wiped"
	stopRedis      fault = "redis stopped"
	freezeRedis    fault = "redis frozen"
	holeRedis      fault = "redis black-holed"
	crashPostgres  fault = "postgres restarted at once"
	freezePostgres fault = "postgres frozen"
	holePostgres   fault = "postgres black-holed"
	failOver       fault = "postgres failed over"
	fillDisk       fault = "disk full under postgres"
	badProvider    fault = "provider"
)

// step is one fault of a plan: when it begins, reckoned from the start, how long it lasts, and whom it meets.
type step struct {
	at, length time.Duration
	fault      fault
	target     int              // which of the two processes
	apart      time.Duration    // how far the clock of the process that follows a killed one is off
	provider   sandbox.Provider // of badProvider
	mode       sandbox.Fault
}

// String is the step as the log has it.
func (s step) String() string {
	text := fmt.Sprintf("%6.1fs %s", s.at.Seconds(), s.fault)
	switch s.fault {
	case killAPI, killWorker:
		text += fmt.Sprintf(" (%d, next clock %+v)", s.target+1, s.apart)
	case badProvider:
		text += fmt.Sprintf(" %s: %s for %s", s.provider, s.mode.Mode, s.length)
	default:
		if s.length > 0 {
			text += " for " + s.length.String()
		}
	}
	return text
}

// kind is what the step is counted as.
func (s step) kind() string {
	if s.fault == badProvider {
		return "provider " + s.mode.Mode
	}
	return string(s.fault)
}

// lane lays faults of one resource one after the other, with a pause before each, so that what happens to Redis, to Postgres, to the providers and to
// the processes comes at any time of each other, and never twice to the same at once.
func lane(dice *rand.Rand, shortest, longest time.Duration, steps []step) []step {
	dice.Shuffle(len(steps), func(i, j int) { steps[i], steps[j] = steps[j], steps[i] })
	at := time.Duration(0)
	for i := range steps {
		at += shortest + time.Duration(dice.Int64N(int64(longest-shortest)+1))
		steps[i].at = at
		at += steps[i].length
	}
	return steps
}

// apart is how far clocks are set apart: five minutes either way, or not at all.
func apart(dice *rand.Rand) time.Duration {
	return []time.Duration{-5 * time.Minute, 0, 5 * time.Minute}[dice.IntN(3)]
}

func kills(dice *rand.Rand, apis, workers int) []step {
	var list []step
	for range apis {
		list = append(list, step{fault: killAPI, target: dice.IntN(2), apart: apart(dice)})
	}
	for range workers {
		list = append(list, step{fault: killWorker, target: dice.IntN(2), apart: apart(dice)})
	}
	return list
}

func several(n int, s step) []step { return slices.Repeat([]step{s}, n) }

// modes are what the providers do to us. Lost replies are counted out, because each of them is a repetition that no sender can avoid.
func modes(length time.Duration) []step {
	bad := func(p sandbox.Provider, f sandbox.Fault) step {
		return step{fault: badProvider, provider: p, mode: f, length: length}
	}
	var list []step
	for _, p := range []sandbox.Provider{sandbox.APNs, sandbox.FCM, sandbox.Twilio} {
		list = append(list, bad(p, sandbox.Fault{Mode: "429", Rate: 0.5, RetryAfter: 1}), bad(p, sandbox.Fault{Mode: "500", Rate: 0.5}), bad(p, sandbox.Fault{Mode: "503"}),
			bad(p, sandbox.Fault{Mode: sandbox.ModeHang, Rate: 0.2}), bad(p, sandbox.Fault{Mode: sandbox.ModeReset, Rate: 0.2}),
			bad(p, sandbox.Fault{Mode: sandbox.ModeGoAway, Rate: 0.05}), bad(p, sandbox.Fault{Mode: sandbox.ModeExpiredCertificate}))
	}
	for _, p := range []sandbox.Provider{sandbox.APNs, sandbox.FCM, sandbox.Twilio, sandbox.SMTP} {
		list = append(list, bad(p, sandbox.Fault{Mode: sandbox.ModeDropAfterAccept, Count: 2}), bad(p, sandbox.Fault{Mode: sandbox.ModeSlow, Count: 2}))
	}
	return append(list, bad(sandbox.APNs, sandbox.Fault{Mode: sandbox.ModeGoAwayRefuse, Rate: 0.05}), bad(sandbox.SMTP, sandbox.Fault{Mode: "451", Rate: 0.5}),
		bad(sandbox.SMTP, sandbox.Fault{Mode: sandbox.ModeReset, Rate: 0.2}), bad(sandbox.SMTP, sandbox.Fault{Mode: sandbox.ModeHang, Count: 4}))
}

// short is the plan of `make test`: one of each that takes no time.
func short(seed uint64) []step {
	dice := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // repeatable on purpose
	const blink = time.Second
	drops := modes(2 * blink)
	drops = slices.DeleteFunc(drops, func(s step) bool {
		return s.mode.Mode != sandbox.ModeDropAfterAccept && s.mode.Mode != sandbox.ModeReset && s.mode.Mode != "503"
	})
	dice.Shuffle(len(drops), func(i, j int) { drops[i], drops[j] = drops[j], drops[i] })
	return inOrder(
		lane(dice, blink/2, 2*blink, kills(dice, 2, 3)),
		lane(dice, blink/2, 2*blink, []step{{fault: wipeRedis}, {fault: freezeRedis, length: blink}, {fault: holeRedis, length: blink}}),
		lane(dice, blink, 2*blink, []step{{fault: crashPostgres}, {fault: freezePostgres, length: blink}}),
		lane(dice, blink/4, blink/2, drops[:min(len(drops), 4)]),
	)
}

// full is the plan of `make chaos`: a hundred kills, and every fault at least once.
func full(seed uint64, disk bool) []step {
	dice := rand.New(rand.NewPCG(seed, 2)) //nolint:gosec // repeatable on purpose
	const second = time.Second
	database := append(several(4, step{fault: crashPostgres}), several(3, step{fault: freezePostgres, length: 4 * second})...)
	database = append(database, step{fault: holePostgres, length: 5 * second})
	database = append(database, several(2, step{fault: failOver, length: 2 * second})...)
	if disk {
		database = append(database, step{fault: fillDisk, length: 5 * second})
	}
	database = lane(dice, 15*second, 35*second, database)
	belt := append(several(6, step{fault: wipeRedis}), step{fault: stopRedis, length: 30 * second})
	belt = append(append(belt, several(3, step{fault: freezeRedis, length: 5 * second})...), several(3, step{fault: holeRedis, length: 5 * second})...)
	return inOrder(
		lane(dice, 2*second, 5*second, kills(dice, 35, 65)),
		lane(dice, 8*second, 25*second, belt),
		database,
		lane(dice, 2*second, 6*second, modes(6*second)),
	)
}

// window is a part of a plan, from one moment to another.
type window struct{ from, to time.Duration }

// cut is what a plan does within the windows, one after the other: what begins in a window or is still on when it begins, in the order and with the overlaps
// that it has in the plan, and no longer than the window.
func cut(plan []step, windows ...window) []step {
	var list []step
	shift := time.Duration(0) // what lies before the windows and between them
	ended := time.Duration(0)
	for _, w := range windows {
		shift += w.from - ended
		ended = w.to
		for _, s := range plan {
			over := s.at + s.length
			if s.at >= w.to || over < w.from || s.at < w.from && over == w.from {
				continue
			}
			s.at = max(s.at, w.from)
			s.length = min(over, w.to) - s.at
			s.at -= shift
			list = append(list, s)
		}
	}
	return inOrder(list)
}

// freezes is what comes after: nothing is killed, everything stands still once, and providers hang.
func freezes(seed uint64) []step {
	dice := rand.New(rand.NewPCG(seed, 3)) //nolint:gosec // repeatable on purpose
	const second = time.Second
	hangs := slices.DeleteFunc(modes(5*second), func(s step) bool { return s.mode.Mode != sandbox.ModeHang })
	return inOrder(
		lane(dice, 2*second, 4*second, []step{{fault: freezeRedis, length: 4 * second}, {fault: holeRedis, length: 4 * second}}),
		lane(dice, 2*second, 6*second, []step{{fault: freezePostgres, length: 4 * second}, {fault: holePostgres, length: 4 * second}}),
		lane(dice, second, 2*second, hangs),
	)
}

func inOrder(lanes ...[]step) []step {
	plan := slices.Concat(lanes...)
	slices.SortStableFunc(plan, func(a, b step) int { return cmp.Compare(a.at, b.at) })
	return plan
}
