package sandbox

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// controlServer is the HTTP interface by which other processes, and the page for people, see and steer the sandbox. It speaks JSON:
//
//	GET    /                              the page
//	GET    /journal?since=&channel=&provider=&to=&limit=&raw=1   deliveries, oldest first; limit takes the newest, receiver= matches a part of To
//	DELETE /journal                       forget them
//	GET    /journal/{seq}                 one delivery, with its payload
//	GET    /journal/{seq}/html            the HTML of a mail, made harmless
//	GET    /wait?n=&timeout=&…            deliveries once n match (same filters); 504 with what is there after timeout (default 30s)
//	GET    /stats, /duplicates            see Tally and Duplicate
//	GET    /events                        server-sent events: the newest sequence number whenever something arrives
//	GET    /faults                        what is switched on
//	PUT    /faults/{provider}             a Fault, replacing the provider's faults; POST adds one
//	DELETE /faults, /faults/{provider}    switch off, latency too
//	PUT    /latency/{provider}            {"latency":"50ms"}
//	PUT    /gone/{provider}               {"receivers":[…],"since":"RFC 3339, now when empty"}; GET lists, DELETE clears
//	POST   /subscriptions                 {"applicationServerKey":""}: a web push Subscription
//	GET    /bankid/orders                 Orders
//	GET    /bankid/persons                the test persons
//	POST   /bankid/scan                   {"qr":"bankid.…"} or {"autoStartToken":"…"}: the Order
//	POST   /bankid/orders/{ref}/complete  a Person
//	POST   /bankid/orders/{ref}/fail      {"hintCode":"userCancel"}
//	POST   /bankid/orders/{ref}/hint      {"hintCode":"userSign"}
//	PUT    /bankid/scripts/{number}       an Outcome; number "any" is for orders that require nobody; DELETE /bankid/scripts forgets them
//	GET    /manifest                      addresses and credentials
//
// A browser on the same machine may only reach it from its own page: other origins and foreign Host headers (DNS rebinding) are refused.
type controlServer struct {
	s    *Sandbox
	host string
}

func (s *Sandbox) startControl() error {
	l, err := s.listen("control", s.cfg.Ports.Control)
	if err != nil {
		return err
	}
	c := &controlServer{s: s, host: s.hostPort(l)}
	s.control = c
	s.addrs.Control = "http://" + c.host
	mux := http.NewServeMux()
	c.pageRoutes(mux)
	c.journalRoutes(mux)
	c.faultRoutes(mux)
	c.bankIDRoutes(mux)
	mux.HandleFunc("GET /manifest", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, s.Manifest()) })
	s.serveWeb(l, nil, c.guard(mux))
	return nil
}

// guard keeps other web sites in the developer's browser away.
func (c *controlServer) guard(next http.Handler) http.Handler {
	cross := http.NewCrossOriginProtection()
	return cross.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		ip := net.ParseIP(host)
		if host != "localhost" && host != c.s.cfg.Advertise && (ip == nil || !ip.IsLoopback()) {
			problem(w, http.StatusMisdirectedRequest, "use the address that the sandbox printed: "+c.s.addrs.Control)
			return
		}
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Referrer-Policy", "no-referrer")
		next.ServeHTTP(w, r)
	}))
}

func problem(w http.ResponseWriter, status int, text string) {
	writeJSON(w, status, map[string]string{"error": text})
}

// read decodes a JSON body into v; false when it has answered with what is wrong.
func read(w http.ResponseWriter, r *http.Request, v any) bool {
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, 32<<20))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		problem(w, http.StatusBadRequest, "the body is not the JSON that this call takes: "+err.Error())
		return false
	}
	return true
}

// done answers 204, or 400 with what is wrong.
func done(w http.ResponseWriter, err error) {
	if err != nil {
		problem(w, http.StatusBadRequest, strings.TrimPrefix(err.Error(), "sandbox: "))
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// filter reads the journal's filters.
func filter(r *http.Request) (Match, int, error) {
	q := r.URL.Query()
	var matches []Match
	if v := q.Get("since"); v != "" {
		seq, err := strconv.ParseUint(v, 10, 64)
		if err != nil {
			return nil, 0, errors.New("since has to be a sequence number")
		}
		matches = append(matches, After(seq))
	}
	if v := q.Get("channel"); v != "" {
		matches = append(matches, On(Channel(v)))
	}
	if v := q.Get("provider"); v != "" {
		matches = append(matches, Via(Provider(v)))
	}
	if v := q.Get("to"); v != "" {
		matches = append(matches, To(v))
	}
	if v := strings.ToLower(q.Get("receiver")); v != "" {
		matches = append(matches, func(d Delivered) bool { return strings.Contains(strings.ToLower(d.To), v) })
	}
	limit := 0
	if v := q.Get("limit"); v != "" {
		var err error
		if limit, err = strconv.Atoi(v); err != nil || limit < 1 {
			return nil, 0, errors.New("limit has to be a number above 0")
		}
	}
	return All(matches...), limit, nil
}

func (c *controlServer) journalRoutes(mux *http.ServeMux) {
	show := func(w http.ResponseWriter, r *http.Request, status int, found []Delivered) {
		if r.URL.Query().Get("raw") != "1" {
			for i := range found {
				found[i].Raw = nil
			}
		}
		if found == nil {
			found = []Delivered{}
		}
		writeJSON(w, status, found)
	}
	mux.HandleFunc("GET /journal", func(w http.ResponseWriter, r *http.Request) {
		match, limit, err := filter(r)
		if err != nil {
			done(w, err)
			return
		}
		show(w, r, http.StatusOK, c.s.journal.find(match, limit))
	})
	mux.HandleFunc("DELETE /journal", func(w http.ResponseWriter, _ *http.Request) { c.s.ClearJournal(); done(w, nil) })
	mux.HandleFunc("GET /journal/{seq}", func(w http.ResponseWriter, r *http.Request) {
		if d, ok := c.delivery(w, r); ok {
			writeJSON(w, http.StatusOK, d)
		}
	})
	mux.HandleFunc("GET /wait", func(w http.ResponseWriter, r *http.Request) {
		match, _, err := filter(r)
		n, errN := strconv.Atoi(r.URL.Query().Get("n"))
		timeout, errT := time.ParseDuration(cmp.Or(r.URL.Query().Get("timeout"), "30s"))
		if err := errors.Join(err, errN, errT); err != nil {
			done(w, err)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), timeout)
		defer cancel()
		found, err := c.s.Wait(ctx, n, match)
		status := http.StatusOK
		if err != nil {
			status = http.StatusGatewayTimeout
		}
		show(w, r, status, found)
	})
	mux.HandleFunc("GET /stats", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, c.s.Stats()) })
	mux.HandleFunc("GET /duplicates", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, slices.Concat([]Duplicate{}, c.s.Duplicates()))
	})
	mux.HandleFunc("GET /events", c.events)
}

// delivery finds the delivery that a path names.
func (c *controlServer) delivery(w http.ResponseWriter, r *http.Request) (Delivered, bool) {
	seq, err := strconv.ParseUint(r.PathValue("seq"), 10, 64)
	if err == nil {
		if d, ok := c.s.journal.bySeq(seq); ok {
			return d, true
		}
	}
	problem(w, http.StatusNotFound, "the journal holds no such delivery; it may have been forgotten")
	return Delivered{}, false
}

// eventPace is the shortest time between two events, so that a burst of thousands does not reload the page thousands of times.
const eventPace = 250 * time.Millisecond

// events tells a page that something happened: a delivery or a BankID order.
func (c *controlServer) events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	for {
		next, orders := c.s.journal.next(), c.s.bankid.changes()
		if _, err := w.Write([]byte("data: " + strconv.FormatUint(c.s.LastSeq(), 10) + "\n\n")); err != nil || out.Flush() != nil {
			return
		}
		select {
		case <-next:
		case <-orders:
		case <-time.After(20 * time.Second): // keeps proxies from hanging up, and lets expired orders go
		case <-r.Context().Done():
			return
		case <-c.s.done:
			return
		}
		if !c.s.pause(eventPace) {
			return
		}
	}
}
