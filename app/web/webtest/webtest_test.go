package webtest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/app/web/webtest"
)

func header(more ...string) http.Header {
	h := http.Header{}
	for _, pair := range append([]string{
		"X-Request-Id: " + uuid.NewString(), "Cache-Control: no-store", "X-Content-Type-Options: nosniff", "Referrer-Policy: no-referrer",
		"Content-Security-Policy: default-src 'none'", "Content-Type: application/json",
	}, more...) {
		name, value, _ := strings.Cut(pair, ": ")
		h.Set(name, value)
	}
	return h
}

const child = `{"id":"0191e0f0-0000-7000-8000-000000000003","name":"Alva","institution":{"id":"0191e0f0-0000-7000-8000-000000000006","name":"S","kind":"school"}}`

// A check of answers that finds nothing would be worse than none.
func TestMistakes(t *testing.T) {
	t.Parallel()
	c := webtest.Contract(t)
	notFound := `{"type":"https://budstikke.example/problems/not_found","title":"T","status":404,"code":"not_found","detail":"D"}`
	asProblem := header("Content-Type: application/problem+json")
	path := "/v1/guardian/children/0191e0f0-0000-7000-8000-000000000003"
	for name, a := range map[string]struct {
		method, path string
		status       int
		header       http.Header
		body, want   string
	}{
		"good":                 {"GET", path, 200, header(), child, ""},
		"good problem":         {"GET", path, 404, asProblem, notFound, ""},
		"good, no address":     {"GET", "/x", 404, asProblem, notFound, ""},
		"good HEAD":            {"HEAD", path, 200, header(), "", ""},
		"no address":           {"GET", "/x", 200, header(), "{}", "not answered as not found"},
		"status":               {"GET", path, 201, header(), child, "does not list this status"},
		"media type":           {"GET", path, 200, header("Content-Type: text/html"), child, "media type"},
		"no JSON":              {"GET", path, 200, header(), "{", "no JSON"},
		"missing field":        {"GET", path, 200, header(), `{}`, "/name is missing"},
		"wrong field":          {"GET", path, 200, header(), strings.Replace(child, `"Alva"`, `5`, 1), "/name must be text"},
		"unnamed field":        {"GET", path, 200, header(), strings.Replace(child, `"kind"`, `"secret":1,"kind"`, 1), "/institution/secret is not in the contract"},
		"unlisted code":        {"GET", path, 404, asProblem, strings.ReplaceAll(notFound, "not_found", "text_empty"), "does not list the problem"},
		"other status":         {"GET", path, 404, asProblem, strings.Replace(notFound, "404", "405", 1), "says status 405"},
		"other type":           {"GET", path, 404, asProblem, strings.Replace(notFound, "problems/not_found", "problems/gone", 1), "end in its code"},
		"no problem":           {"GET", path, 404, header(), notFound, "media type"},
		"no ETag":              {"GET", "/v1/guardian/absences/x", 200, header(), "{}", "header ETag is missing"},
		"no request id":        {"GET", path, 200, header("X-Request-Id: "), child, "X-Request-Id"},
		"may be kept":          {"GET", path, 200, header("Cache-Control: public"), child, "Cache-Control"},
		"names its server":     {"GET", path, 200, header("Server: fasthttp"), child, "names its server"},
		"no policy":            {"GET", path, 200, header("Content-Security-Policy: "), child, "Content-Security-Policy"},
		"401, no challenge":    {"GET", path, 401, asProblem, strings.Replace(strings.ReplaceAll(notFound, "not_found", "sign_in_required"), "404", "401", 1), "WWW-Authenticate"},
		"503, no time":         {"GET", path, 503, asProblem, strings.Replace(strings.ReplaceAll(notFound, "not_found", "unavailable"), "404", "503", 1), "Retry-After"},
		"204 with a body":      {"POST", "/v1/signin/bankid/cancel", 204, header(), "{}", "promises no body"},
		"HEAD with a body":     {"HEAD", path, 200, header(), "x", "with a body"},
		"HEAD, unknown status": {"HEAD", path, 418, header(), "", "does not list this status"},
	} {
		mistakes := strings.Join(webtest.Mistakes(c, a.method, a.path, a.status, a.header, []byte(a.body)), "\n")
		if a.want == "" && mistakes != "" || !strings.Contains(mistakes, a.want) {
			t.Errorf("%s: mistakes are %q, want %q", name, mistakes, a.want)
		}
	}
}

// A stream is held against the contract event by event, and what is cut off at its end is nothing.
func TestStreamMistakes(t *testing.T) {
	t.Parallel()
	notice := `data: {"id":"0191e0f0-0000-7000-8000-00000000000b","kind":"message_posted","subjectId":"0191e0f0-0000-7000-8000-000000000005","createdAt":"2026-11-23T06:12:00Z"}`
	for body, want := range map[string]string{
		"retry: 2000\n: hello\n\n:\n\nevent: notice\n" + notice + "\n\n":                 "",
		"event: notice\n" + notice + "\n\nevent: notice\ndata: {\"id\":":                 "",
		"event: notice\ndata: {}\n\n":                                                    "is missing",
		"event: notice\n" + strings.Replace(notice, "{", `{"child":"Alva",`, 1) + "\n\n": "child",
		"event: gossip\n" + notice + "\n\n":                                              "no notice",
		notice + "\n\n":                                                                  "no notice",
		"event: notice\n" + notice + "\n" + notice + "\n\n":                              "no notice",
		"event: notice\ndata: " + strings.Repeat("x", 3) + "\n\n":                        "no JSON",
		"retry: soon\n\n":     "no number",
		"Alva is at home\n\n": "no line of an event",
	} {
		header := http.Header{"Content-Type": {"text/event-stream"}, "X-Request-Id": {"0191e0f0-0000-7000-8000-000000000001"}, "Cache-Control": {"no-store"},
			"X-Content-Type-Options": {"nosniff"}, "Referrer-Policy": {"no-referrer"}, "Content-Security-Policy": {"default-src 'none'"}}
		mistakes := strings.Join(webtest.Mistakes(webtest.Contract(t), http.MethodGet, "/v1/guardian/stream", 200, header, []byte(body)), "; ")
		if (want == "") != (mistakes == "") || !strings.Contains(mistakes, want) {
			t.Errorf("%q: mistakes are %q, want %q", body, mistakes, want)
		}
	}
}
