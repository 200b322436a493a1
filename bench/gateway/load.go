package gateway

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/google/uuid"
	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// Operation is what the API is asked for.
type Operation string

// The operations: a session prolonged, a guardian's notices, an absence, a message in a conversation.
const (
	SignIn  Operation = "sign-in"
	Inbox   Operation = "inbox"
	Absence Operation = "report absence"
	Message Operation = "send message"
)

// Load is what the process that makes the load is told, as JSON on its standard input. Each list has an entry for each guardian, except those of
// sessions, which are used up one by one.
type Load struct {
	Base      string    `json:"base"`
	Bare      bool      `json:"bare"` // the bare handler, which asks for no token
	Operation Operation `json:"operation"`
	From      int       `json:"from"`    // the number of the first request
	PerSecond int       `json:"per"`     // 0: as many as can be
	AtOnce    int       `json:"at"`      // connections, each with one request at a time
	Seconds   float64   `json:"seconds"` // how long

	Tokens, People, Children, Conversations []string
	Refreshes, Sessions                     []string // of sign-ins
	Device                                  string
}

// LoadResult is what it answers.
type LoadResult struct {
	Requests  int            `json:"requests"`
	PerSecond float64        `json:"per"` // successful ones
	P50, P99  float64        // ms
	Codes     map[string]int `json:"codes"`
	Errors    []string       `json:"errors"`
}

// Fire makes the load that is read and writes what came of it.
func Fire(in io.Reader, out io.Writer) error {
	var l Load
	if err := json.NewDecoder(in).Decode(&l); err != nil {
		return err
	}
	attacker := vegeta.NewAttacker(vegeta.Workers(uint64(l.AtOnce)), vegeta.MaxWorkers(uint64(l.AtOnce)), vegeta.Connections(l.AtOnce),
		vegeta.KeepAlive(true), vegeta.Timeout(10*time.Second))
	var m vegeta.Metrics
	for r := range attacker.Attack(l.targets(), vegeta.Rate{Freq: l.PerSecond, Per: time.Second}, time.Duration(l.Seconds*float64(time.Second)), "load") {
		m.Add(r)
	}
	m.Close()
	return json.NewEncoder(out).Encode(LoadResult{
		Requests: int(m.Requests), PerSecond: m.Throughput, Codes: m.StatusCodes, Errors: m.Errors[:min(len(m.Errors), 3)],
		P50: float64(m.Latencies.P50.Microseconds()) / 1000, P99: float64(m.Latencies.P99.Microseconds()) / 1000,
	})
}

// targets makes one request after the other; all workers share it, one at a time.
func (l *Load) targets() vegeta.Targeter {
	n := l.From
	today := time.Now().UTC()
	next := make(chan int) // numbers, because a targeter is called by many
	go func() {
		for {
			next <- n
			n++
		}
	}()
	return func(t *vegeta.Target) error {
		i := <-next
		who := i % len(l.Tokens)
		header := http.Header{"Content-Type": {"application/json"}, "Idempotency-Key": {uuid.NewString()}}
		if !l.Bare {
			header.Set("Authorization", "Bearer "+l.Tokens[who])
		}
		t.Method, t.Header = http.MethodPost, header
		day := today.AddDate(0, 0, 1+i/len(l.Tokens)).Format(time.DateOnly)
		switch l.Operation {
		case Inbox:
			t.Method, t.URL = http.MethodGet, l.at("/v1/guardian/notices", "/inbox/"+l.People[who])
		case Absence:
			t.URL = l.at("/v1/guardian/children/"+l.Children[who]+"/absences", "/absences/"+l.Children[who]+"/"+l.People[who])
			t.Body = fmt.Appendf(nil, `{"startsOn":%q,"endsOn":%q,"reason":"illness"}`, day, day)
		case Message:
			t.URL = l.at("/v1/guardian/conversations/"+l.Conversations[who]+"/messages", "/messages/"+l.Conversations[who]+"/"+l.People[who])
			t.Body = []byte(`{"text":"She forgot her boots, I bring them at noon."}`)
		case SignIn:
			if i >= len(l.Refreshes) {
				return vegeta.ErrNoTargets
			}
			t.URL = l.at("/v1/signin/session/refresh", "/signin/"+l.Sessions[i])
			header.Del("Authorization")
			t.Body = fmt.Appendf(nil, `{"refreshToken":%q,"deviceSecret":%q}`, l.Refreshes[i], l.Device)
		}
		return nil
	}
}

func (l *Load) at(path, bare string) string {
	if l.Bare {
		return l.Base + bare
	}
	return l.Base + path
}
