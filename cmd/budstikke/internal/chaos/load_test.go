package chaos

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"
)

// ledger is what the clients know: what the API has accepted, and how it has behaved.
type ledger struct {
	mu       sync.Mutex
	wanted   map[notice]bool // whom a provider must have had what for; true: it is critical
	slow     []answer        // the slowest answers, slowest first
	repeated int             // requests that were made again after an answer that said nothing
	unclear  int             // that never got a clear answer: they count neither as accepted nor as lost
	strange  []string        // answers that nobody should get
}

func (l *ledger) accept(kind, subject string, critical bool, to ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, place := range to {
		l.wanted[notice{kind, subject, place}] = critical
	}
}

// answer is an answer of the API by the client's clock.
type answer struct {
	what string
	at   time.Time // when it was asked for
	took time.Duration
}

// slowestKept is how many of the slowest answers are kept.
const slowestKept = 10

func (l *ledger) answered(what string, took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := answer{what, time.Now().Add(-took), took}
	at, _ := slices.BinarySearchFunc(l.slow, took, func(a answer, took time.Duration) int { return cmp.Compare(took, a.took) })
	l.slow = slices.Insert(l.slow, at, a)
	l.slow = l.slow[:min(len(l.slow), slowestKept)]
}

// slowest is the slowest answer.
func (l *ledger) slowest() answer {
	if len(l.slow) == 0 {
		return answer{}
	}
	return l.slow[0]
}

func (l *ledger) accepted() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.wanted)
}

// errorOf is an answer as an error.
func errorOf(res *http.Response) error {
	body, _ := io.ReadAll(io.LimitReader(res.Body, 500))
	return fmt.Errorf("%s %s answered %d: %s", res.Request.Method, res.Request.URL.Path, res.StatusCode, body)
}

// clients use the API as apps do.
type clients struct {
	w      *world
	http   *http.Client
	ledger *ledger
	ctx    context.Context // ends when nobody should repeat any more
	turns  [4]int          // what each of the writers has done so far: nobody is absent twice on one day
}

func newClients(ctx context.Context, w *world) *clients {
	return &clients{
		w: w, ctx: ctx, ledger: &ledger{wanted: map[notice]bool{}},
		http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 32, DisableCompression: true}, Timeout: 15 * time.Second},
	}
}

// write sends a write until an answer says what became of it, by any of the processes, with one and the same key (B6). It answers the id of what was
// made, and "" when it was refused or nobody knows.
func (c *clients) write(token, path string, body any) string {
	raw, _ := json.Marshal(body) // maps of strings: cannot fail
	key := id().String()
	for try := 0; c.ctx.Err() == nil; try++ {
		status, answer, err := c.once(token, path, key, raw)
		switch {
		case err == nil && status < 300:
			var made struct {
				ID             string `json:"id"`
				ConversationID string `json:"conversationId"`
			}
			_ = json.Unmarshal(answer, &made) // without an id it counts as strange below
			if made.ConversationID != "" {
				made.ID = made.ConversationID
			}
			return made.ID
		case err == nil && status < 500 && status != http.StatusTooManyRequests && !(status == http.StatusConflict && bytes.Contains(answer, []byte("idempotency_key_in_flight"))):
			c.ledger.mu.Lock()
			c.ledger.strange = append(c.ledger.strange, fmt.Sprintf("POST %s: %d %s", path, status, answer))
			c.ledger.mu.Unlock()
			return ""
		}
		c.ledger.mu.Lock()
		c.ledger.repeated++
		c.ledger.mu.Unlock()
		select {
		case <-time.After(50*time.Millisecond + rand.N(150*time.Millisecond)):
		case <-c.ctx.Done():
		}
	}
	c.ledger.mu.Lock()
	defer c.ledger.mu.Unlock()
	c.ledger.unclear++
	return ""
}

func (c *clients) once(token, path, key string, body []byte) (status int, answer []byte, err error) {
	api := c.w.apis[rand.IntN(len(c.w.apis))]
	req, err := http.NewRequest(http.MethodPost, "http://"+api.health+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", key)
	killed, began := api.asked(), time.Now()
	res, err := c.http.Do(req)
	if err != nil {
		if !killed() {
			c.ledger.answered("POST "+path+": no answer", time.Since(began))
		}
		return 0, nil, err
	}
	defer res.Body.Close()
	if answer, err = io.ReadAll(res.Body); err == nil || !killed() {
		c.ledger.answered(fmt.Sprintf("POST %s: %d", path, res.StatusCode), time.Since(began))
	}
	return res.StatusCode, answer, err
}

// alert raises an alert at a school: every guardian gets it on every channel.
func (c *clients) alert(s *school) {
	made := c.write(s.head, "/v1/office/institutions/"+s.id.String()+"/alerts", map[string]any{"situation": "evacuation", "text": "Everybody is outside and well."})
	if made == "" {
		return
	}
	for _, g := range s.families {
		c.ledger.accept("alert_raised", made, true, g.all...)
	}
}

// absence reports a child absent on the nth day from now on: the other guardian is told (B11).
func (c *clients) absence(g *guardian, n int) {
	day := time.Now().AddDate(0, 0, 2+n).Format(time.DateOnly)
	made := c.write(g.token, "/v1/guardian/children/"+g.child.String()+"/absences", map[string]any{"startsOn": day, "endsOn": day, "reason": "family"})
	if made != "" {
		c.ledger.accept("absence_reported", made, false, g.other.routine...)
	}
}

// message writes to the staff of a school, who are told.
func (c *clients) message(s *school, g *guardian) {
	made := c.write(g.token, "/v1/guardian/conversations", map[string]any{"childId": g.child, "text": "Can she bring her bicycle on Friday?", "locale": "en"})
	if made != "" {
		c.ledger.accept("message_posted", made, false, s.staff...)
	}
}

// use lets the clients work until stop is closed: an alert at one school after the other, and beside them absences and messages.
func (c *clients) use(stop <-chan struct{}, alertEvery, restEvery time.Duration) *sync.WaitGroup {
	var all sync.WaitGroup
	each := func(writer int, every time.Duration, do func(n int)) {
		all.Go(func() {
			tick := time.NewTicker(every)
			defer tick.Stop()
			for ; ; c.turns[writer]++ {
				do(c.turns[writer])
				select {
				case <-stop:
					c.turns[writer]++
					return
				case <-tick.C:
				}
			}
		})
	}
	schools := c.w.town.schools
	each(0, alertEvery, func(n int) { c.alert(schools[n%len(schools)]) })
	for half := range 2 { // the first guardians of each child, and the second, who report other days
		each(1+half, 2*restEvery, func(n int) {
			s := schools[n%len(schools)]
			turn := n / len(schools)
			children := len(s.families) / 2
			if day := 2*(turn/children) + half; day < 150 {
				c.absence(s.families[2*(turn%children)+half], day)
			}
		})
	}
	each(3, 2*restEvery, func(n int) {
		s := schools[n%len(schools)]
		if turn := n / len(schools); turn < len(s.families) {
			c.message(s, s.families[turn])
		}
	})
	return &all
}
