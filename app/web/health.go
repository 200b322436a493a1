package web

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
)

// Check is one thing that readiness depends on. Two addresses use them, and are no part of openapi.yaml because no app calls them:
//
//	GET /health/live   200 {"status":"live"} as long as the process can answer at all. It touches nothing: a database that is down is no
//	                   reason to kill every replica.
//	GET /health/ready  200 {"status":"ready"|"degraded","checks":{"postgres":"ok","redis":"failing"}} while requests can be served here,
//	                   503 with "unavailable" or "draining" otherwise. Names and states only; what exactly failed is in the log.
type Check struct {
	// Name stands in the answer and the log: "postgres", "migrations", "redis".
	Name string
	// Ready returns nil when all is well. Its context ends after a second.
	Ready func(ctx context.Context) error
	// Vital makes the server unavailable when the check fails; otherwise it is degraded, and still takes requests.
	Vital bool
	// Failures is how many failures in a row count as failing, so that one lost packet does not take every replica out at once; 0 is 1.
	// Postgres wants 3.
	Failures int
}

const (
	checkTimeout = time.Second
	checkEvery   = time.Second // asking more often gives the last answer again: anybody may ask
)

// health keeps what the checks said last.
type health struct {
	log      *slog.Logger
	clock    func() time.Time // of the machine, also where Config.Clock stands still
	draining atomic.Bool

	mu     sync.Mutex
	checks []Check
	failed []int // in a row
	asked  time.Time
}

func newHealth(config Config) *health {
	return &health{log: config.Log, clock: time.Now, checks: config.Checks, failed: make([]int, len(config.Checks))}
}

type healthAnswer struct {
	Status string            `json:"status"`
	Checks map[string]string `json:"checks,omitempty"`
}

func (s *Server) mountHealth() {
	s.app.Get("/health/live", func(c *fiber.Ctx) error {
		s.probe(c, "/health/live")
		return c.JSON(healthAnswer{Status: "live"})
	})
	s.app.Get("/health/ready", func(c *fiber.Ctx) error {
		s.probe(c, "/health/ready")
		status, answer := s.health.ready(c.UserContext())
		return c.Status(status).JSON(answer)
	})
}

// probe marks a request that comes every few seconds and says nothing new.
func (s *Server) probe(c *fiber.Ctx, route string) {
	r := s.recordOf(c)
	r.route, r.quiet = route, true
}

// ready asks the checks, at most once in checkEvery, and sums them up.
func (h *health) ready(ctx context.Context) (int, healthAnswer) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if now := h.clock(); h.asked.IsZero() || now.Sub(h.asked) >= checkEvery {
		h.asked = now
		h.ask(ctx)
	}
	answer := healthAnswer{Status: "ready", Checks: map[string]string{}}
	status := http.StatusOK
	for i, check := range h.checks {
		state := "ok"
		switch {
		case h.failed[i] >= max(check.Failures, 1):
			state = "failing"
			if check.Vital {
				answer.Status, status = "unavailable", http.StatusServiceUnavailable
			} else if status == http.StatusOK {
				answer.Status = "degraded"
			}
		case h.failed[i] > 0:
			state = "shaky"
		}
		answer.Checks[check.Name] = state
	}
	if h.draining.Load() {
		answer.Status, status = "draining", http.StatusServiceUnavailable
	}
	return status, answer
}

// ask runs every check at the same time, so that a frozen one costs checkTimeout and not one each.
func (h *health) ask(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	errs := make([]error, len(h.checks))
	var running sync.WaitGroup
	for i, check := range h.checks {
		running.Go(func() { errs[i] = check.Ready(ctx) })
	}
	running.Wait()
	for i, check := range h.checks {
		limit := max(check.Failures, 1)
		if errs[i] == nil {
			if h.failed[i] >= limit {
				h.log.Info("check recovered", "check", check.Name)
			}
			h.failed[i] = 0
			continue
		}
		if h.failed[i]++; h.failed[i] == limit { // once, when it begins to count
			h.log.Warn("check failing", "check", check.Name, "vital", check.Vital, "error", plain(errs[i]))
		}
	}
}
