package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/app/web"
	"budstikke.example/app/web/contract"
	"budstikke.example/app/web/docs"
	"budstikke.example/app/web/webtest"
	"budstikke.example/auth"
)

// answers says what the rooms answer.
type answers struct {
	tb       testing.TB
	contract *contract.Contract
	// on, by operationId, is asked first; an error is the answer. It is not changed after the server is built.
	on map[string]func(ctx context.Context, request any) error
}

// give makes the answer T of an operation from the examples in the contract.
func give[T any](ctx context.Context, a *answers, id string, request any) (T, error) {
	var answer T
	if hook := a.on[id]; hook != nil {
		if err := hook(ctx, request); err != nil {
			return answer, err
		}
	}
	for _, operation := range a.contract.Operations {
		if operation.ID != id {
			continue
		}
		for status, response := range operation.Spec.Responses.Map() {
			if !strings.HasPrefix(status, "2") || len(response.Value.Content) == 0 {
				continue
			}
			body, err := json.Marshal(docs.Example(response.Value.Content["application/json"].Schema.Value))
			if err != nil {
				return answer, err
			}
			target := reflect.ValueOf(&answer).Elem()
			if headers := target.FieldByName("Headers"); headers.IsValid() {
				etag := `"3"`
				headers.FieldByName("ETag").Set(reflect.ValueOf(&etag))
				target = target.FieldByName("Body")
			}
			if err := json.Unmarshal(body, target.Addr().Interface()); err != nil {
				return answer, err
			}
		}
	}
	return answer, nil
}

// bundle is a server of its own for one test.
type bundle struct {
	*web.Server
	tb    testing.TB
	log   *logged
	token string
}

// logged keeps the lines of the log.
type logged struct {
	mu    sync.Mutex
	lines bytes.Buffer
}

func (l *logged) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lines.Write(line)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lines.String()
}

type hooks = map[string]func(ctx context.Context, request any) error

func setup(tb testing.TB, on hooks, adjust ...func(*web.Config)) *bundle {
	tb.Helper()
	b := &bundle{tb: tb, log: &logged{}}
	config := web.Config{
		Log: slog.New(slog.NewJSONHandler(b.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Signed: func(_ string, _ url.Values, signature string) bool {
			return signature == "0/KCTR6DLpKmkAf8muzZqo1nDgQ="
		},
	}
	for _, change := range adjust {
		change(&config)
	}
	server, err := web.New(config, rooms(&answers{tb: tb, contract: webtest.Contract(tb), on: on}))
	if err != nil {
		tb.Fatal(err)
	}
	b.Server = server
	token, _ := auth.NewToken(uuid.MustParse("0191e0f0-0000-7000-8000-000000000001"))
	b.token = token.Reveal()
	return b
}

// in is the same server for another test.
func (b *bundle) in(tb testing.TB) *bundle {
	return &bundle{Server: b.Server, tb: tb, log: b.log, token: b.token}
}

// request is a request that the contract accepts: the operation's own examples.
func (b *bundle) request(id string) *http.Request {
	b.tb.Helper()
	for _, operation := range b.Contract().Operations {
		if operation.ID == id {
			return b.sample(operation)
		}
	}
	b.tb.Fatalf("there is no operation %s", id)
	return nil
}

func (b *bundle) sample(operation *contract.Operation) *http.Request {
	b.tb.Helper()
	var body io.Reader = http.NoBody
	if operation.Spec.RequestBody != nil {
		example := docs.Example(operation.Spec.RequestBody.Value.Content[operation.MediaType].Schema.Value)
		body = strings.NewReader(encode(b.tb, operation.MediaType, example))
	}
	path, query := operation.Path, url.Values{}
	header := http.Header{}
	for _, p := range operation.Parameters {
		value, _ := p.Example.(string)
		switch {
		case p.In == "path":
			path = strings.Replace(path, "{"+p.Name+"}", value, 1)
		case p.In == "query" && p.Required:
			query.Set(p.Name, value)
		case p.In == "header":
			header.Set(p.Name, value)
		}
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	req := httptest.NewRequest(operation.Method, path, body)
	req.Header = header
	if operation.MediaType != "" {
		req.Header.Set("Content-Type", operation.MediaType)
	}
	if operation.Secured {
		req.Header.Set("Authorization", "Bearer "+b.token)
	}
	return req
}

func encode(tb testing.TB, mediaType string, example any) string {
	tb.Helper()
	if mediaType == contract.Form {
		form := url.Values{}
		for name, value := range example.(map[string]any) {
			form.Set(name, value.(string))
		}
		return form.Encode()
	}
	text, err := json.Marshal(example)
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
	problem
}

type problem struct {
	Code   string
	Detail string
	Fields []struct{ Pointer, Detail string }
	Review json.RawMessage
}

// do sends a request, holds the answer against the contract and returns it.
func (b *bundle) do(req *http.Request) answer {
	b.tb.Helper()
	got := b.raw(req)
	webtest.ValidateResponse(b.tb, req, got.status, got.header, []byte(got.body))
	return got
}

// raw sends a request.
func (b *bundle) raw(req *http.Request) answer {
	b.tb.Helper()
	req.RequestURI = "" // what counts is the URL, which tests change
	res, err := b.App().Test(req, 10_000)
	if err != nil {
		b.tb.Fatalf("%s %s: %v", req.Method, req.URL, err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.tb.Fatal(err)
	}
	got := answer{status: res.StatusCode, header: res.Header, body: string(body)}
	if strings.HasPrefix(res.Header.Get("Content-Type"), "application/problem+json") {
		if err := json.Unmarshal(body, &got.problem); err != nil && req.Method != http.MethodHead {
			b.tb.Fatalf("the problem is no JSON: %s", body)
		}
	}
	return got
}

// want fails unless the answer has the status and the code, "" for none.
func (a answer) want(tb testing.TB, status int, code string) answer {
	tb.Helper()
	if a.status != status || a.Code != code {
		tb.Errorf("answer is %d %q, want %d %q\n%s", a.status, a.Code, status, code, a.body)
	}
	return a
}

// at fails unless the problem points at the field, and says what about it.
func (a answer) at(tb testing.TB, pointer, detail string) answer {
	tb.Helper()
	for _, field := range a.Fields {
		if field.Pointer == pointer && strings.Contains(field.Detail, detail) {
			return a
		}
	}
	tb.Errorf("no field %q saying %q in %s", pointer, detail, a.body)
	return a
}

func withBody(req *http.Request, body string) *http.Request {
	req.Body, req.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	return req
}
