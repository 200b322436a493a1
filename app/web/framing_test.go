package web_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// said sends bytes, says that nothing more will come, and returns the statuses of the final answers until the server hangs up.
func (l *listening) said(t *testing.T, text string) (statuses []int) {
	t.Helper()
	conn, err := net.DialTimeout("tcp", l.address, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	_ = conn.(*net.TCPConn).CloseWrite()
	reader := bufio.NewReader(conn)
	for {
		res, err := http.ReadResponse(reader, nil)
		if err != nil {
			return statuses
		}
		got := taken(t, res)
		if got.status == http.StatusContinue {
			continue
		}
		statuses = append(statuses, got.status)
		if got.header.Get("X-Request-Id") == "" || got.header.Get("Cache-Control") != "no-store" || got.status >= 400 && got.Code == "" {
			t.Errorf("%.60q is answered %d %s without what every answer has", text, got.status, got.body)
		}
	}
}

// What two readers could understand differently is refused, and the connection ends with it: nothing that stands behind is read as a request of
// its own. What there is one reading of is answered, one after the other.
func TestRequestsEndInOnePlace(t *testing.T) {
	t.Parallel()
	var carriedOut atomic.Int64
	count := func(context.Context, any) error { carriedOut.Add(1); return nil }
	b := setup(t, hooks{"CheckText": count, "GetMe": count})
	l := b.listen(t)
	const body = `{"text":"Hej","context":"absence","locale":"sv"}`
	secret := "Authorization: Bearer " + b.token + "\r\n"
	post := func(headers, body string) string {
		return "POST /v1/guardian/text-checks HTTP/1.1\r\nHost: x\r\n" + secret + headers + "\r\n" + body
	}
	get := func(line, headers string) string { return line + "\r\n" + secret + headers + "\r\n" }
	me := get("GET /v1/guardian/me HTTP/1.1", "Host: x\r\n")
	kind, size := "Content-Type: application/json\r\n", fmt.Sprintf("Content-Length: %d\r\n", len(body))
	chunks := fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(body), body)
	const bad, gone, fine, stranger = http.StatusBadRequest, http.StatusNotFound, http.StatusOK, http.StatusUnauthorized
	for name, c := range map[string]struct {
		text    string
		want    []int
		reached int64
	}{
		"one":                     {post(kind+size, body), []int{fine}, 1},
		"in chunks":               {post(kind+"Transfer-Encoding: Chunked\r\n", chunks) + me, []int{fine, fine}, 2},
		"one after the other":     {me + post(kind+size, body) + me, []int{fine, fine, fine}, 3},
		"after the last":          {get("GET /v1/guardian/me HTTP/1.1", "Host: x\r\nConnection: close\r\n") + me, []int{fine}, 1},
		"after 100-continue":      {post(kind+size+"Expect: 100-continue\r\n", body) + me, []int{fine, fine}, 2},
		"line feeds alone":        {strings.ReplaceAll(me, "\r\n", "\n"), []int{fine}, 1},
		"HTTP/1.0":                {get("GET /v1/guardian/me HTTP/1.0", "") + me, []int{fine}, 1},
		"two lengths":             {post(kind+size+"Content-Length: 0\r\n", body) + me, []int{bad}, 0},
		"two lengths, the other":  {post(kind+"content-length: 0\r\n"+size, body) + me, []int{bad}, 0},
		"a length twice the same": {post(kind+size+size, body) + me, []int{bad}, 0},
		"a list of lengths":       {post(kind+"Content-Length: 48, 48\r\n", body) + me, []int{bad}, 0},
		"a length with a sign":    {post(kind+"Content-Length: +48\r\n", body) + me, []int{bad}, 0},
		"a hexadecimal length":    {post(kind+"Content-Length: 0x30\r\n", body) + me, []int{bad}, 0},
		"no length":               {post(kind+"Content-Length:\r\n", body) + me, []int{bad}, 0},
		"length before chunks":    {post(kind+"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", chunks) + me, []int{bad}, 0},
		"length after chunks":     {post(kind+"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", chunks) + me, []int{bad}, 0},
		"chunks of HTTP/1.0":      {"POST /v1/guardian/text-checks HTTP/1.0\r\n" + secret + kind + "Transfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n" + chunks + me, []int{bad}, 0},
		"another coding":          {post(kind+size+"Transfer-Encoding: xchunked\r\n", body) + me, []int{bad}, 0},
		"two codings":             {post(kind+"Transfer-Encoding: gzip, chunked\r\n", chunks) + me, []int{bad}, 0},
		"a coding twice":          {post(kind+"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", chunks) + me, []int{bad}, 0},
		"no coding, by name":      {post(kind+size+"Transfer-Encoding: identity\r\n", body) + me, []int{bad}, 0},
		"a blank before a colon":  {post(kind+size+"Transfer-Encoding : chunked\r\n", chunks) + me, []int{bad}, 0},
		"a line that goes on":     {post(kind+size+"X-A: a\r\n Transfer-Encoding: chunked\r\n", body) + me, []int{bad}, 0},
		"a control character":     {post(kind+size+"X-A: a\x00b\r\n", body) + me, []int{bad}, 0},
		"a line without a colon":  {post(kind+size+"nonsense\r\n", body) + me, []int{bad}, 0},
		"a negative chunk":        {post(kind+"Transfer-Encoding: chunked\r\n", "-1\r\n"+body) + me, []int{bad}, 0},
		"an endless chunk":        {post(kind+"Transfer-Encoding: chunked\r\n", "ffffffffffffffff\r\n"+body) + me, []int{bad}, 0},
		"a chunk's size as in C":  {post(kind+"Transfer-Encoding: chunked\r\n", "0x30\r\n"+body+"\r\n0\r\n\r\n") + me, []int{bad}, 0},
		"a header after chunks":   {post(kind+"Transfer-Encoding: chunked\r\n", strings.TrimSuffix(chunks, "\r\n")+"Content-Length: 5\r\n\r\n") + me, []int{bad}, 0},
		"two types":               {post(kind+"Content-Type: text/plain\r\n"+size, body) + me, []int{bad}, 0},
		"two encodings":           {post(kind+size+"Content-Encoding: identity\r\nContent-Encoding: gzip\r\n", body) + me, []int{bad}, 0},
		"two hosts":               {post("Host: y\r\n"+kind+size, body) + me, []int{bad}, 0},
		"no host":                 {get("GET /v1/guardian/me HTTP/1.1", "") + me, []int{bad}, 0},
		"two secrets":             {post(secret+kind+size, body) + me, []int{stranger, fine}, 1},
		"HTTP/0.9":                {"GET /v1/guardian/me\r\n\r\n", []int{stranger}, 0},
		"HTTP/2":                  {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", []int{gone}, 0},
		"another method inside":   {get("POST /v1/guardian/me HTTP/1.1", "Host: x\r\nContent-Length: 0\r\nX-HTTP-Method-Override: GET\r\nX-Method-Override: GET\r\n"), []int{gone}, 0},
		"another path inside":     {get("GET / HTTP/1.1", "Host: x\r\nX-Original-URL: /v1/guardian/me\r\nX-Rewrite-URL: /v1/guardian/me\r\n"), []int{gone}, 0},
		"small letters":           {get("get /v1/guardian/me HTTP/1.1", "Host: x\r\n"), []int{gone}, 0},
		"a way around":            {get("GET /v1/staff/../guardian/me HTTP/1.1", "Host: x\r\n"), []int{gone}, 0},
		"an encoded way around":   {get("GET /v1/staff/%2e%2e/guardian/me HTTP/1.1", "Host: x\r\n"), []int{gone}, 0},
		"a detour of no step":     {get("GET /v1/./guardian/me HTTP/1.1", "Host: x\r\n"), []int{gone}, 0},
		"backslashes":             {get(`GET \v1\guardian\me HTTP/1.1`, "Host: x\r\n"), []int{gone}, 0},
		"a parameter of the path": {get("GET /v1/guardian/me;a=b HTTP/1.1", "Host: x\r\n"), []int{gone}, 0},
		"a NUL in the path":       {get("GET /v1/guardian/me%00 HTTP/1.1", "Host: x\r\n"), []int{gone}, 0},
		"a tab in the path":       {get("GET /v1/guardian/me\tx HTTP/1.1", "Host: x\r\n"), []int{gone}, 0},
	} {
		before := carriedOut.Load()
		if got := l.said(t, c.text); fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s: answered %v, want %v", name, got, c.want)
		}
		if got := carriedOut.Load() - before; got != c.reached {
			t.Errorf("%s: %d requests reached a room, want %d", name, got, c.reached)
		}
	}
	// A body that says of itself that it is too large is refused without being waited for.
	if got := l.said(t, post(kind+"Content-Length: 262145\r\nExpect: 100-continue\r\n", "")); fmt.Sprint(got) != "[413]" {
		t.Errorf("too large after 100-continue: answered %v", got)
	}
}
