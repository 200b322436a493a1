package sandbox

import (
	"errors"
	"net/http"
	"slices"
	"time"
)

// provider reads the provider of a path; false when it has answered that there is none.
func provider(w http.ResponseWriter, r *http.Request) (Provider, bool) {
	p := Provider(r.PathValue("provider"))
	if !slices.Contains(Providers(), p) {
		problem(w, http.StatusNotFound, "there is no such provider; use apns, fcm, webpush, twilio, smtp or bankid")
		return p, false
	}
	return p, true
}

// faultRoutes switches what goes wrong.
func (c *controlServer) faultRoutes(mux *http.ServeMux) {
	s := c.s
	mux.HandleFunc("GET /faults", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, s.Faults()) })
	mux.HandleFunc("DELETE /faults", func(w http.ResponseWriter, _ *http.Request) {
		for _, p := range Providers() {
			s.ClearFaults(p)
		}
		done(w, nil)
	})
	add := func(w http.ResponseWriter, r *http.Request) {
		var f Fault
		p, ok := provider(w, r)
		if !ok || !read(w, r, &f) {
			return
		}
		if err := f.check(p); err != nil {
			done(w, err)
			return
		}
		if r.Method == http.MethodPut {
			s.faults.dropFaults(p)
		}
		done(w, s.AddFault(p, f))
	}
	mux.HandleFunc("PUT /faults/{provider}", add)
	mux.HandleFunc("POST /faults/{provider}", add)
	mux.HandleFunc("DELETE /faults/{provider}", func(w http.ResponseWriter, r *http.Request) {
		if p, ok := provider(w, r); ok {
			s.ClearFaults(p)
			done(w, nil)
		}
	})
	mux.HandleFunc("PUT /latency/{provider}", func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			Latency string `json:"latency"`
		}
		p, ok := provider(w, r)
		if !ok || !read(w, r, &body) {
			return
		}
		d, err := time.ParseDuration(body.Latency)
		if err != nil || d < 0 {
			done(w, errors.New(`latency has to be a duration such as "50ms"`))
			return
		}
		s.SetLatency(p, d)
		done(w, nil)
	})
	mux.HandleFunc("GET /gone/{provider}", func(w http.ResponseWriter, r *http.Request) {
		if p, ok := provider(w, r); ok {
			writeJSON(w, http.StatusOK, s.faults.goneList(p))
		}
	})
	mux.HandleFunc("PUT /gone/{provider}", func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			Receivers []string  `json:"receivers"`
			Since     time.Time `json:"since"`
		}
		p, ok := provider(w, r)
		if !ok || !read(w, r, &body) {
			return
		}
		if body.Since.IsZero() {
			body.Since = s.now()
		}
		s.MarkGone(p, body.Since, body.Receivers...)
		done(w, nil)
	})
	mux.HandleFunc("DELETE /gone/{provider}", func(w http.ResponseWriter, r *http.Request) {
		if p, ok := provider(w, r); ok {
			s.ClearGone(p)
			done(w, nil)
		}
	})
	mux.HandleFunc("POST /subscriptions", func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			ApplicationServerKey string `json:"applicationServerKey"`
		}
		if !read(w, r, &body) {
			return
		}
		sub, err := s.NewSubscription(body.ApplicationServerKey)
		if err != nil {
			done(w, err)
			return
		}
		writeJSON(w, http.StatusCreated, sub)
	})
}

// bankIDRoutes is the pretend app.
func (c *controlServer) bankIDRoutes(mux *http.ServeMux) {
	s := c.s
	mux.HandleFunc("GET /bankid/orders", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, s.Orders()) })
	mux.HandleFunc("GET /bankid/persons", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, s.cfg.BankID.Persons) })
	mux.HandleFunc("POST /bankid/scan", func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			QR             string `json:"qr"`
			AutoStartToken string `json:"autoStartToken"`
		}
		if !read(w, r, &body) {
			return
		}
		o, err := s.OrderByAutoStart(body.AutoStartToken)
		if body.QR != "" {
			o, err = s.OrderByQR(body.QR)
		}
		if err != nil {
			done(w, err)
			return
		}
		writeJSON(w, http.StatusOK, o)
	})
	mux.HandleFunc("POST /bankid/orders/{ref}/complete", func(w http.ResponseWriter, r *http.Request) {
		var p Person
		if read(w, r, &p) {
			done(w, s.CompleteOrder(r.PathValue("ref"), p))
		}
	})
	withHint := func(do func(ref, hint string) error) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			var body struct {
				HintCode string `json:"hintCode"`
			}
			if !read(w, r, &body) {
				return
			}
			if body.HintCode == "" {
				done(w, errors.New("hintCode is missing"))
				return
			}
			done(w, do(r.PathValue("ref"), body.HintCode))
		}
	}
	mux.HandleFunc("POST /bankid/orders/{ref}/fail", withHint(s.FailOrder))
	mux.HandleFunc("POST /bankid/orders/{ref}/hint", withHint(s.HintOrder))
	mux.HandleFunc("PUT /bankid/scripts/{number}", func(w http.ResponseWriter, r *http.Request) {
		var o Outcome
		if !read(w, r, &o) {
			return
		}
		number := r.PathValue("number")
		if number == "any" {
			number = ""
		}
		done(w, s.ScriptBankID(number, o))
	})
	mux.HandleFunc("DELETE /bankid/scripts", func(w http.ResponseWriter, _ *http.Request) { s.ClearBankIDScripts(); done(w, nil) })
}
