package chaos

import (
	"bufio"
	"context"
	"io"
	"math"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// watcher asks the processes how they are while everything breaks.
type watcher struct {
	w       *world
	ledger  *ledger
	http    *http.Client
	within  time.Duration // how soon liveness must answer
	stop    chan struct{}
	running sync.WaitGroup

	mu        sync.Mutex
	asked     int
	silent    []string        // who lived and did not say so
	lag       []time.Duration // how late the suite's own timer was, each time
	since     shares          // of the processors, when the watch began
	waiting   []recovery
	recovered time.Duration // the longest time from a recovery to the first success
	which     string
}

// watch asks each process four times a second whether it lives, and each API ten times a second for something that needs the database.
func (w *world) watch(l *ledger, within time.Duration) *watcher {
	x := &watcher{w: w, ledger: l, within: within, since: processors(), stop: make(chan struct{}), http: &http.Client{Timeout: 15 * time.Second}}
	for _, p := range w.programs() {
		x.every(250*time.Millisecond, func() { x.lives(p) })
	}
	for _, api := range w.apis {
		for range 2 { // so that one that waits for its answer does not hide when things go again
			x.every(100*time.Millisecond, func() { x.reads(api) })
		}
	}
	x.running.Go(x.calibrate)
	return x
}

// calibrate notes how late the machine lets a timer of the suite's own be: what an answer took longer than the API let it is that, and no more than that, when
// others use the machine.
func (x *watcher) calibrate() {
	const every = 20 * time.Millisecond
	for {
		began := time.Now()
		select {
		case <-x.stop:
			return
		case <-time.After(every):
		}
		x.mu.Lock()
		x.lag = append(x.lag, time.Since(began)-every)
		x.mu.Unlock()
	}
}

// lags are the longest that a timer was late, and what 99 in 100 were not: some milliseconds on a machine that does nothing else.
func (x *watcher) lags() (most, usual float64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.lag) == 0 {
		return 0, 0
	}
	slices.Sort(x.lag)
	return seconds(x.lag[len(x.lag)-1]), seconds(x.lag[len(x.lag)*99/100])
}

// shares are the time of the machine's processors, in ticks.
type shares struct{ stolen, all float64 }

// processors reads them; zero where the machine does not say.
func processors() (s shares) {
	text, _ := os.ReadFile("/proc/stat")
	first, _, _ := strings.Cut(string(text), "\n")
	for i, field := range strings.Fields(first) { // cpu, user, nice, system, idle, iowait, irq, softirq, steal, and guests, who are users as well
		ticks, err := strconv.ParseFloat(field, 64)
		if err != nil || i > 8 {
			continue
		}
		s.all += ticks
		if i == 8 {
			s.stolen = ticks
		}
	}
	return s
}

// stolen is the share of the processors' time since the watch began that the machine below gave to others.
func (x *watcher) stolen() float64 {
	now := processors()
	if now.all <= x.since.all {
		return 0
	}
	return math.Round((now.stolen-x.since.stolen)/(now.all-x.since.all)*1000) / 1000
}

func (x *watcher) every(d time.Duration, do func()) {
	x.running.Go(func() {
		tick := time.NewTicker(d)
		defer tick.Stop()
		for {
			select {
			case <-x.stop:
				return
			case <-tick.C:
				do()
			}
		}
	})
}

func (x *watcher) end() {
	close(x.stop)
	x.running.Wait()
}

// lives asks for liveness. One that is killed while it is asked, or has not begun, need not answer.
func (x *watcher) lives(p *program) {
	starts := p.started()
	if !p.up.Load() {
		return
	}
	answered := alive(context.Background(), p.health, x.within)
	if !p.up.Load() || p.started() != starts {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.asked++
	if !answered {
		x.silent = append(x.silent, p.name)
	}
}

// reads asks for a list, as an app that is opened does.
func (x *watcher) reads(api *program) {
	if !api.up.Load() {
		return
	}
	g := x.w.town.schools[0].families[0]
	req, err := http.NewRequest(http.MethodGet, "http://"+api.health+"/v1/guardian/notices?limit=1", nil)
	if err != nil {
		return
	}
	req.Header.Set("Authorization", "Bearer "+g.token)
	killed, began := api.asked(), time.Now()
	res, err := x.http.Do(req)
	if err != nil {
		if !killed() {
			x.ledger.answered("GET notices: no answer", time.Since(began))
		}
		return
	}
	_, err = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	if err != nil && killed() {
		return
	}
	x.ledger.answered("GET notices: "+strconv.Itoa(res.StatusCode), time.Since(began))
	if err != nil {
		return
	}
	if res.StatusCode == http.StatusOK {
		x.success(time.Now())
	}
}

// expect notes that something works again: the next success tells how long it took.
func (x *watcher) expect(r recovery) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.waiting = append(x.waiting, r)
}

func (x *watcher) success(at time.Time) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, r := range x.waiting {
		if took := at.Sub(r.at); took > x.recovered {
			x.recovered, x.which = took, r.after
		}
	}
	x.waiting = nil
}

// size is what a process takes up.
type size struct{ goroutines, bytes float64 }

// sizes are those of the processes, in their order; NaN where one does not say.
func (w *world) sizes() []size {
	var list []size
	for _, p := range w.programs() {
		list = append(list, size{metric(p.metrics, "go_goroutines"), metric(p.metrics, "process_resident_memory_bytes")})
	}
	return list
}

func metric(address, name string) float64 {
	res, err := probing.Get("http://" + address + "/metrics")
	if err != nil {
		return math.NaN()
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() {
		if value, found := strings.CutPrefix(lines.Text(), name+" "); found {
			if n, err := strconv.ParseFloat(value, 64); err == nil {
				return n
			}
		}
	}
	return math.NaN()
}
