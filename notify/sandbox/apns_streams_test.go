package sandbox_test

import (
	"bytes"
	"crypto/tls"
	"strings"
	"testing"
	"time"

	"github.com/sideshow/apns2/token"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"budstikke.example/notify/sandbox"
)

// rawAPNs is an HTTP/2 client that does only what a test tells it.
type rawAPNs struct {
	t      *testing.T
	s      *sandbox.Sandbox
	framer *http2.Framer
	block  bytes.Buffer
	enc    *hpack.Encoder
	bearer string
}

func dialAPNs(t *testing.T, s *sandbox.Sandbox) *rawAPNs {
	t.Helper()
	c := s.Credentials()
	conn, err := tls.Dial("tcp", strings.TrimPrefix(s.Addresses().APNs, "https://"), &tls.Config{RootCAs: c.CertPool(), NextProtos: []string{"h2"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write([]byte(http2.ClientPreface)); err != nil {
		t.Fatal(err)
	}
	r := &rawAPNs{t: t, s: s, framer: http2.NewFramer(conn, conn)}
	r.framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	r.enc = hpack.NewEncoder(&r.block)
	r.must(r.framer.WriteSettings())
	key, err := token.AuthKeyFromBytes([]byte(c.APNs.KeyP8))
	r.must(err)
	r.bearer = (&token.Token{AuthKey: key, KeyID: c.APNs.KeyID, TeamID: c.APNs.TeamID}).GenerateIfExpired()
	return r
}

func (r *rawAPNs) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// head begins a push on a stream, without its payload.
func (r *rawAPNs) head(stream uint32, bearer string) {
	r.t.Helper()
	r.block.Reset()
	for _, h := range []hpack.HeaderField{{Name: ":method", Value: "POST"}, {Name: ":scheme", Value: "https"}, {Name: ":authority", Value: "apns"}, {Name: ":path", Value: "/3/device/" + deviceToken(1)},
		{Name: "apns-topic", Value: r.s.Credentials().APNs.Topic}, {Name: "authorization", Value: "bearer " + bearer}} {
		r.must(r.enc.WriteField(h))
	}
	r.must(r.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: r.block.Bytes(), EndHeaders: true}))
}

func (r *rawAPNs) payload(stream uint32) {
	r.t.Helper()
	r.must(r.framer.WriteData(stream, true, []byte(`{"aps":{"alert":"x"}}`)))
}

// limit reads frames up to SETTINGS that name a stream limit, acknowledges them, and returns the limit.
func (r *rawAPNs) limit() uint32 {
	r.t.Helper()
	for {
		frame, err := r.framer.ReadFrame()
		r.must(err)
		if f, ok := frame.(*http2.SettingsFrame); ok && !f.IsAck() {
			n, _ := f.Value(http2.SettingMaxConcurrentStreams)
			r.must(r.framer.WriteSettingsAck())
			return n
		}
	}
}

// outcome reads frames up to the answer or the reset of a stream.
func (r *rawAPNs) outcome(stream uint32) string {
	r.t.Helper()
	for {
		frame, err := r.framer.ReadFrame()
		r.must(err)
		switch f := frame.(type) {
		case *http2.MetaHeadersFrame:
			if f.StreamID == stream {
				return f.PseudoValue("status")
			}
		case *http2.RSTStreamFrame:
			if f.StreamID == stream {
				return f.ErrCode.String()
			}
		case *http2.SettingsFrame:
			if !f.IsAck() {
				r.t.Fatalf("unexpected settings %v", f)
			}
		}
	}
}

func TestAPNsAllowsOneStreamUntilAValidToken(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{APNs: sandbox.APNsConfig{MaxStreams: 3}})
	r := dialAPNs(t, s)
	if n := r.limit(); n != 1 {
		t.Fatalf("the first limit is %d", n)
	}
	r.head(1, "not.a.token")
	r.head(3, r.bearer)
	if got := r.outcome(3); got != "REFUSED_STREAM" {
		t.Fatalf("a second stream: %s", got)
	}
	r.payload(1)
	if got := r.outcome(1); got != "403" { // and no new limit: outcome fails on SETTINGS
		t.Fatalf("a bad token: %s", got)
	}
	r.head(5, r.bearer)
	r.payload(5)
	if n := r.limit(); n != 3 {
		t.Fatalf("after a valid token the limit is %d", n)
	}
	if got := r.outcome(5); got != "200" {
		t.Fatalf("a valid token: %s", got)
	}
	for _, stream := range []uint32{7, 9, 11, 13} {
		r.head(stream, r.bearer)
	}
	if got := r.outcome(13); got != "REFUSED_STREAM" {
		t.Errorf("a fourth stream: %s", got)
	}
	for _, stream := range []uint32{7, 9, 11} {
		r.payload(stream)
		if got := r.outcome(stream); got != "200" {
			t.Errorf("stream %d: %s", stream, got)
		}
	}
}

func TestAPNsTakesStreamsBackAfterRefusals(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{APNs: sandbox.APNsConfig{MaxStreams: 50, ShrinkAfter: 2}})
	r := dialAPNs(t, s)
	_ = r.limit()
	push := func(stream uint32) { r.head(stream, r.bearer); r.payload(stream) }
	push(1)
	if n := r.limit(); n != 50 {
		t.Fatalf("limit %d", n)
	}
	_ = r.outcome(1)
	s.MarkGone(sandbox.APNs, time.Now(), deviceToken(1))
	push(3)
	if got := r.outcome(3); got != "410" {
		t.Fatal(got)
	}
	push(5)
	if n := r.limit(); n != 1 {
		t.Errorf("after two refusals the limit is %d", n)
	}
	s.ClearGone(sandbox.APNs)
	push(7)
	if n := r.limit(); n != 50 {
		t.Errorf("after a good push the limit is %d", n)
	}
}
