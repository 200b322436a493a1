package sandbox

import (
	"crypto/subtle"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf16"
)

// twilioServer speaks the Messages resource of Twilio's 2010 API.
type twilioServer struct {
	s    *Sandbox
	gate gate

	mu       sync.Mutex
	messages map[string]*twilioMessage
	order    []string // message SIDs, oldest first, bounded by the journal's limit
	calls    *http.Client
}

// twilioMessage is one SMS on its way.
type twilioMessage struct {
	sid, to, from, service, body, callback string
	segments                               int
	status, errorCode                      string
	created, updated, sent                 time.Time
}

func (s *Sandbox) startTwilio() error {
	l, err := s.listen(Twilio, s.cfg.Ports.Twilio)
	if err != nil {
		return err
	}
	t := &twilioServer{s: s, messages: map[string]*twilioMessage{}}
	t.calls = &http.Client{Timeout: 15 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 8, MaxConnsPerHost: 8},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.gate = gate{s: s, provider: Twilio, wanted: func(f Fault) bool { return !isEnding(f) }, refuse: func(w http.ResponseWriter, status int, reason string) {
		code, err := strconv.Atoi(reason)
		if err != nil {
			code = map[int]int{401: 20003, 403: 20403, 404: 20404, 429: 20429, 500: 20500, 503: 20503}[status]
		}
		twilioError(w, status, code, "switched on in the sandbox")
	}}
	s.twilio = t
	s.addrs.Twilio = "http://" + s.hostPort(l)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /2010-04-01/Accounts/{account}/Messages.json", t.guard(t.create))
	mux.HandleFunc("GET /2010-04-01/Accounts/{account}/Messages.json", t.guard(t.list))
	mux.HandleFunc("GET /2010-04-01/Accounts/{account}/Messages/{sid}", t.guard(t.fetch))
	mux.HandleFunc("GET /2010-04-01/Accounts/{account}", t.guard(t.account))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		twilioError(w, http.StatusNotFound, 20404, "The requested resource "+r.URL.Path+" was not found")
	})
	s.serveWeb(l, s.serverTLS(Twilio, "h2", "http/1.1"), mux)
	s.stops = append(s.stops, func() error { t.calls.CloseIdleConnections(); return nil })
	return nil
}

// guard lets in who has the account's credentials.
func (t *twilioServer) guard(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		user, password, ok := r.BasicAuth()
		k := t.s.keys
		if !ok || user != k.twilioSID || subtle.ConstantTimeCompare([]byte(password), []byte(k.twilioToken)) != 1 || strings.TrimSuffix(r.PathValue("account"), ".json") != k.twilioSID {
			w.Header().Set("WWW-Authenticate", `Basic realm="Twilio API"`)
			twilioError(w, http.StatusUnauthorized, 20003, "Authenticate")
			return
		}
		h(w, r)
	}
}

var (
	phoneNumber = regexp.MustCompile(`^\+[1-9]\d{6,14}$`)
	alphaSender = regexp.MustCompile(`^[A-Za-z0-9 &+_-]{1,11}$`)
	hasLetter   = regexp.MustCompile(`[A-Za-z]`)
)

// maxSMSLength is Twilio's limit for one message, in UTF-16 units.
const maxSMSLength = 1600

// create sends a message. The order of the checks is ours; the codes are Twilio's.
func (t *twilioServer) create(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if err := r.ParseForm(); err != nil {
		twilioError(w, http.StatusBadRequest, 20001, "The form could not be read")
		return
	}
	m := &twilioMessage{sid: "SM" + hexID(16), to: r.PostForm.Get("To"), from: r.PostForm.Get("From"), service: r.PostForm.Get("MessagingServiceSid"),
		body: r.PostForm.Get("Body"), callback: r.PostForm.Get("StatusCallback")}
	if code, text := t.check(m, r.PostForm.Get("ValidityPeriod")); code != 0 {
		twilioError(w, http.StatusBadRequest, code, text)
		return
	}
	m.segments, _ = Segments(m.body)
	m.created = t.s.now()
	m.updated = m.created
	m.status = "queued"
	if m.service != "" {
		m.status = "accepted"
		if m.from == "" {
			m.from = "Budstikke"
		}
	}
	first := t.view(m)
	t.gate.pass(w, r, m.to, func(unanswered bool) {
		ending, _ := t.s.faults.of(Twilio).next(m.to, isEnding)
		t.keep(m)
		d := m.delivered(r.PostForm, unanswered)
		d.Peer = r.RemoteAddr
		t.s.journal.add(d, nil)
		t.s.spawn(func() { t.progress(m, ending) })
	}, func(w http.ResponseWriter) { writeJSON(w, http.StatusCreated, first) })
}

// check returns Twilio's error code and text for what is wrong with a message, or 0.
func (t *twilioServer) check(m *twilioMessage, validity string) (int, string) {
	switch {
	case m.to == "":
		return 21604, "A 'To' phone number is required."
	case m.from == "" && m.service == "":
		return 21603, "A 'From' phone number is required."
	case m.body == "":
		return 21602, "Message body is required."
	case len(utf16.Encode([]rune(m.body))) > maxSMSLength:
		return 21617, "The concatenated message body exceeds the 1600 character limit."
	case !phoneNumber.MatchString(m.to):
		return 21211, "Invalid 'To' Phone Number: " + maskNumber(m.to)
	case m.to == m.from:
		return 21266, "'To' and 'From' number cannot be the same."
	case m.service != "" && m.service != t.s.keys.msgID:
		return 21705, "The Messaging Service Sid is invalid."
	case m.from != "" && !phoneNumber.MatchString(m.from) && (!alphaSender.MatchString(m.from) || !hasLetter.MatchString(m.from)):
		return 21212, "Invalid 'From' Phone Number"
	}
	if validity != "" {
		if n, err := strconv.Atoi(validity); err != nil || n < 1 || n > 36000 {
			return 21654, "ValidityPeriod has to be between 1 and 36000 seconds."
		}
	}
	if m.callback != "" {
		if u, err := url.Parse(m.callback); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
			return 21609, "The 'StatusCallback' URL is not a valid URL."
		}
	}
	if c := t.s.cfg.Twilio.Countries; len(c) > 0 && !slices.ContainsFunc(c, func(prefix string) bool { return strings.HasPrefix(m.to, prefix) }) {
		return 21408, "Permission to send an SMS has not been enabled for the region indicated by the 'To' number."
	}
	if _, optedOut := t.s.faults.of(Twilio).goneSince(m.to); optedOut {
		return 21610, "Attempt to send to unsubscribed recipient"
	}
	return 0, ""
}

// maskNumber keeps the first characters only: an error text ends up in logs.
func maskNumber(n string) string {
	if len(n) > 4 {
		return n[:4] + "XXXX"
	}
	return "XXXX"
}

func (m *twilioMessage) delivered(form url.Values, unanswered bool) Delivered {
	d := Delivered{Provider: Twilio, Channel: SMS, To: m.to, ID: m.sid, Key: contentKey(m.body), From: m.from, Body: m.body, Unanswered: unanswered, Raw: []byte(form.Encode())}
	_, encoding := Segments(m.body)
	d.Headers = Headers{{"segments", strconv.Itoa(m.segments)}, {"encoding", encoding}}
	for _, name := range []string{"MessagingServiceSid", "ValidityPeriod", "StatusCallback", "SmartEncoded"} {
		if v := form.Get(name); v != "" {
			d.Headers = append(d.Headers, Header{name, v})
		}
	}
	return d
}

// keep remembers m for the list and fetch calls.
func (t *twilioServer) keep(m *twilioMessage) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.messages[m.sid] = m
	t.order = append(t.order, m.sid)
	if len(t.order) > t.s.cfg.JournalLimit {
		delete(t.messages, t.order[0])
		t.order = t.order[1:]
	}
}

// list is a page of messages, newest first; To, From and PageSize narrow it.
func (t *twilioServer) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	size, err := strconv.Atoi(q.Get("PageSize"))
	if err != nil || size < 1 || size > 1000 {
		size = 50
	}
	page, _ := strconv.Atoi(q.Get("Page"))
	t.mu.Lock()
	var found []*twilioMessage
	for _, sid := range slices.Backward(t.order) {
		m := t.messages[sid]
		if (q.Get("To") == "" || q.Get("To") == m.to) && (q.Get("From") == "" || q.Get("From") == m.from) {
			found = append(found, m)
		}
	}
	t.mu.Unlock()
	start := min(max(page, 0)*size, len(found))
	end := min(start+size, len(found))
	views := []any{}
	for _, m := range found[start:end] {
		views = append(views, t.view(m))
	}
	var next any
	if end < len(found) {
		q.Set("Page", strconv.Itoa(page+1))
		q.Set("PageSize", strconv.Itoa(size))
		next = r.URL.Path + "?" + q.Encode()
	}
	first := r.URL.Path + "?PageSize=" + strconv.Itoa(size) + "&Page=0"
	writeJSON(w, http.StatusOK, map[string]any{"messages": views, "page": page, "page_size": size, "start": start, "end": max(end-1, 0), "uri": r.URL.RequestURI(),
		"first_page_uri": first, "next_page_uri": next, "previous_page_uri": nil})
}

func (t *twilioServer) fetch(w http.ResponseWriter, r *http.Request) {
	sid := strings.TrimSuffix(r.PathValue("sid"), ".json")
	t.mu.Lock()
	m := t.messages[sid]
	t.mu.Unlock()
	if m == nil {
		twilioError(w, http.StatusNotFound, 20404, "The requested resource "+r.URL.Path+" was not found")
		return
	}
	writeJSON(w, http.StatusOK, t.view(m))
}

// account tells of the account. Faults that are switched on for every receiver meet it, too.
func (t *twilioServer) account(w http.ResponseWriter, r *http.Request) {
	t.gate.pass(w, r, "", func(bool) {}, func(w http.ResponseWriter) {
		writeJSON(w, http.StatusOK, map[string]any{"sid": t.s.keys.twilioSID, "status": "active", "type": "Full", "friendly_name": "Sandbox"})
	})
}

// twilioError answers in Twilio's error shape.
func twilioError(w http.ResponseWriter, status, code int, text string) {
	if code == 0 {
		code = 20000 + status%1000
	}
	writeJSON(w, status, map[string]any{"code": code, "message": text, "more_info": "https://www.twilio.com/docs/errors/" + strconv.Itoa(code), "status": status})
}
