package web_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"budstikke.example/app/web"
)

// A connection that nobody has used in time just closes, whether it is new or was kept alive: a client that takes it up at this moment would read
// an answer that is there already as that to its own request. One whose request has begun and does not come to its end is told so.
func TestUnusedConnectionClosesSilently(t *testing.T) {
	t.Parallel()
	b := setup(t, nil, func(c *web.Config) { c.ReadTimeout, c.IdleTimeout = 30*time.Millisecond, 30*time.Millisecond })
	l := b.listen(t)
	for name, first := range map[string]string{"new": "", "kept alive": "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"} {
		conn, err := net.DialTimeout("tcp", l.address, 5*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		reader := bufio.NewReader(conn)
		if first != "" {
			if _, err := io.WriteString(conn, first); err != nil {
				t.Fatal(err)
			}
			res, err := http.ReadResponse(reader, nil)
			if err != nil || taken(t, res).status != http.StatusOK {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if unasked, err := io.ReadAll(reader); err != nil || len(unasked) > 0 {
			t.Errorf("%s: said without being asked: %q, %v", name, unasked, err)
		}
	}
	if got := l.garbage(t, "GET /health/live HTTP/1.1\r\nHos"); got.status != http.StatusServiceUnavailable {
		t.Errorf("a request that breaks off is answered %d", got.status)
	}
}
