package walk_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/app/web/webtest"
)

// call is one request. A write gets an Idempotency-Key of its own unless one is given.
type call struct {
	method, path string // GET when empty
	token        string // sent as a bearer token; "" sends none
	key, ifMatch string
	noKey        bool
	body         any // []byte is sent as it is, url.Values as a form, anything else as JSON
	contentType  string
	header       map[string]string
	// tries is how often to send it when the connection breaks off: a server that has seen enough of a huge body hangs up, and its answer can be
	// lost under what is still on its way.
	tries  int
	outage bool // somebody outside is down on purpose
}

// reply is what came back.
type reply struct {
	status int
	header http.Header
	body   []byte
	code   string
	fields []field
	review review
}

// review is what the guide found in a refused text.
type review struct {
	Findings        []struct{ Category, Advice string }
	Acknowledgement string
}

type field struct{ Pointer, Detail string }

func (c call) request(tb testing.TB, base string) *http.Request {
	tb.Helper()
	if c.method == "" {
		c.method = http.MethodGet
	}
	var body io.Reader
	switch b := c.body.(type) {
	case nil:
	case []byte:
		body = bytes.NewReader(b)
	case url.Values:
		body = strings.NewReader(b.Encode())
		c.contentType = "application/x-www-form-urlencoded"
	default:
		raw, err := json.Marshal(b)
		must(tb, err)
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequest(c.method, base+c.path, body)
	must(tb, err)
	if c.body != nil {
		if c.contentType == "" {
			c.contentType = "application/json"
		}
		req.Header.Set("Content-Type", c.contentType)
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	if c.ifMatch != "" {
		req.Header.Set("If-Match", c.ifMatch)
	}
	if c.method != http.MethodGet && c.method != http.MethodHead && !c.noKey {
		if c.key == "" {
			c.key = uuid.NewString()
		}
		req.Header.Set("Idempotency-Key", c.key)
	}
	for name, value := range c.header {
		req.Header.Set(name, value)
	}
	return req
}

// do sends a request and holds the answer against the contract. A 5xx is never right (P24), but for a 503 while somebody outside is down.
func (w *town) do(c call) reply { return w.doIn(w.tb, c) }

func (w *town) doIn(tb testing.TB, c call) reply {
	tb.Helper()
	req := c.request(tb, w.url)
	res, err := w.client.Do(req)
	if err != nil && c.tries > 0 && (errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)) {
		c.tries--
		return w.doIn(tb, c)
	}
	if err != nil {
		tb.Fatalf("%s %s: %v", req.Method, c.path, err)
	}
	defer res.Body.Close()
	r := reply{status: res.StatusCode, header: res.Header}
	r.body, err = io.ReadAll(res.Body)
	must(tb, err)
	webtest.ValidateResponse(tb, req, r.status, r.header, r.body)
	if r.status >= 500 && !(c.outage && r.status == http.StatusServiceUnavailable) {
		tb.Errorf("%s %s answered %d: %s", req.Method, c.path, r.status, r.body)
	}
	if r.status >= 400 {
		var problem struct {
			Code   string
			Fields []field
			Review review
		}
		if req.Method != http.MethodHead {
			must(tb, json.Unmarshal(r.body, &problem))
		}
		r.code, r.fields, r.review = problem.Code, problem.Fields, problem.Review
	}
	return r
}

// want fails unless the answer has a status and, for a refusal, a code.
func (r reply) want(tb testing.TB, status int, code string) reply {
	tb.Helper()
	if r.status != status || r.code != code {
		tb.Fatalf("answered %d %s, want %d %s: %s", r.status, r.code, status, code, r.body)
	}
	return r
}

// id is the id in the answer.
func (r reply) id(tb testing.TB) uuid.UUID {
	tb.Helper()
	var document struct{ ID uuid.UUID }
	must(tb, json.Unmarshal(r.body, &document))
	return document.ID
}

// text is a text of the answer.
func (r reply) text(tb testing.TB, name string) string {
	tb.Helper()
	var document map[string]any
	must(tb, json.Unmarshal(r.body, &document))
	value, _ := document[name].(string)
	return value
}

// wire is everything of an answer that a caller could tell two answers apart by, but the number of the request and the hour.
func (r reply) wire() string {
	var text strings.Builder
	text.WriteString(http.StatusText(r.status) + "\n")
	for _, name := range slices.Sorted(maps.Keys(r.header)) {
		if name != "X-Request-Id" && name != "Date" && name != "Idempotent-Replay" {
			text.WriteString(name + ": " + strings.Join(r.header[name], ", ") + "\n")
		}
	}
	return text.String() + "\n" + string(r.body)
}

func (r reply) replayed() bool { return r.header.Get("Idempotent-Replay") == "true" }
