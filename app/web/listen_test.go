package web_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// listening is a bundle's server on a real loopback connection that is kept alive.
type listening struct {
	address string
	client  *http.Client
	served  chan error // what Serve returned
}

func (b *bundle) listen(t *testing.T) *listening {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &listening{address: ln.Addr().String(), client: &http.Client{Transport: &http.Transport{}, Timeout: 10 * time.Second}, served: make(chan error, 1)}
	go func() { l.served <- b.Serve(ln) }()
	t.Cleanup(func() {
		l.client.CloseIdleConnections()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = b.Shutdown(ctx)
	})
	return l
}

func (l *listening) send(t *testing.T, req *http.Request) answer {
	t.Helper()
	req.URL.Scheme, req.URL.Host, req.RequestURI = "http", l.address, ""
	res, err := l.client.Do(req)
	if err != nil {
		t.Errorf("%s %s: %v", req.Method, req.URL, err)
		return answer{}
	}
	return taken(t, res)
}

// garbage sends bytes that are no request.
func (l *listening) garbage(t *testing.T, text string) answer {
	t.Helper()
	conn, err := net.DialTimeout("tcp", l.address, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return taken(t, res)
}

func taken(t *testing.T, res *http.Response) answer {
	t.Helper()
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Errorf("read the answer: %v", err)
	}
	got := answer{status: res.StatusCode, header: res.Header, body: string(body)}
	if res.Header.Get("Content-Type") == "application/problem+json" {
		if err := json.Unmarshal(body, &got.problem); err != nil {
			t.Errorf("the problem is no JSON: %s", body)
		}
	}
	return got
}
