package email

import (
	"context"
	"crypto/x509"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/notify"
)

func TestConnectionsAreKeptAndBounded(t *testing.T) {
	t.Parallel()
	server := startSMTP(t, &smtpServer{})
	s := newSender(t, server, func(c *Config) { c.Connections = 3; c.MailsPerConnection = 10 })
	var work sync.WaitGroup
	for range 60 {
		work.Go(func() {
			m := testMail()
			m.Delivery.ID = uuid.New()
			if r := s.Send(t.Context(), m); r.Outcome != notify.Accepted || r.ProviderID != "<"+m.Delivery.ID.String()+"@budstikke.example>" {
				t.Errorf("Send = %+v", r)
			}
		})
	}
	work.Wait()
	mails, connections := server.said("MAIL")
	if mails != 60 || connections < 6 || connections > 9 {
		t.Errorf("%d mails over %d connections, want 60 over 6 to 9", mails, connections)
	}
	if noops, _ := server.said("NOOP"); noops != 0 {
		t.Errorf("%d NOOPs: a round trip per mail is wasted", noops)
	}
	perConnection := map[string]int{}
	server.mu.Lock()
	for _, c := range server.commands {
		if number, command, _ := strings.Cut(c, " "); strings.HasPrefix(command, "MAIL") {
			perConnection[number]++
		}
	}
	server.mu.Unlock()
	for number, n := range perConnection {
		if n > 10 {
			t.Errorf("connection %s carried %d mails, at most 10 are allowed", number, n)
		}
	}
}

// A server that cuts long sessions answers 421: the connection is dropped and the mail leaves on a fresh one, once.
func Test421IsRetriedOnAFreshConnection(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"MAIL", "RCPT", "DATA", "."} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			var mails atomic.Int64
			server := startSMTP(t, &smtpServer{reply: func(connection int, c string) string {
				if connection == 1 && strings.HasPrefix(c, command) && mails.Add(1) > 2 {
					return "421 4.7.0 too many messages in this session"
				}
				return ""
			}})
			s := newSender(t, server)
			for i := range 4 {
				if r := s.Send(t.Context(), testMail()); r.Outcome != notify.Accepted {
					t.Errorf("mail %d: %+v", i, r)
				}
			}
			if n := len(server.taken()); n != 4 {
				t.Errorf("%d mails arrived, want 4", n)
			}
			if _, connections := server.said("EHLO"); connections != 2 {
				t.Errorf("%d connections, want 2", connections)
			}
		})
	}
}

func Test421EverywhereIsThrottled(t *testing.T) {
	t.Parallel()
	server := startSMTP(t, &smtpServer{reply: func(_ int, c string) string {
		if strings.HasPrefix(c, "MAIL") {
			return "421 4.7.0 not now"
		}
		return ""
	}})
	r := newSender(t, server).Send(t.Context(), testMail())
	if want := (notify.Result{Outcome: notify.Throttled, Status: 421, Reason: "4.7.0"}); r != want {
		t.Errorf("Send = %+v, want %+v", r, want)
	}
	if n, connections := server.said("MAIL"); n != 2 || connections != 2 {
		t.Errorf("%d tries over %d connections, want one retry", n, connections)
	}
}

// A kept connection that the server has closed meanwhile is no failure: the mail leaves on a fresh one.
func TestDeadKeptConnectionIsReplaced(t *testing.T) {
	t.Parallel()
	var mails atomic.Int64
	server := startSMTP(t, &smtpServer{reply: func(_ int, c string) string {
		if strings.HasPrefix(c, "MAIL") && mails.Add(1) == 2 {
			return "hangup"
		}
		return ""
	}})
	s := newSender(t, server)
	for range 2 {
		if r := s.Send(t.Context(), testMail()); r.Outcome != notify.Accepted {
			t.Errorf("Send = %+v", r)
		}
	}
	if got := server.taken(); len(got) != 2 || !strings.Contains(got[1], "Message-ID: <01900000-0000-7000-8000-000000000001@budstikke.example>") {
		t.Errorf("%d mails arrived", len(got))
	}
}

// After a refused mail the connection is good for the next one: go-mail leaves the transaction open when DATA is refused, and the next
// MAIL would be answered "503 nested MAIL".
func TestConnectionSurvivesARefusal(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"RCPT", "DATA", "."} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			var first atomic.Bool
			server := startSMTP(t, &smtpServer{reply: func(_ int, c string) string {
				if strings.HasPrefix(c, command) && first.CompareAndSwap(false, true) {
					return "554 5.6.0 no"
				}
				return ""
			}})
			s := newSender(t, server)
			if r := s.Send(t.Context(), testMail()); r.Outcome != notify.Refused {
				t.Errorf("the refused mail: %+v", r)
			}
			if r := s.Send(t.Context(), testMail()); r.Outcome != notify.Accepted {
				t.Errorf("the next mail: %+v", r)
			}
			if _, connections := server.said("EHLO"); connections != 1 {
				t.Errorf("%d connections, want the same one", connections)
			}
		})
	}
}

// Once the last line has left, no answer means Unknown and no second try: the mail may be in somebody's inbox.
func TestLostAnswerIsUnknown(t *testing.T) {
	t.Parallel()
	for fault, reason := range map[string]string{"silence": "timeout", "hangup": "no_answer"} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			server := startSMTP(t, &smtpServer{reply: func(_ int, c string) string {
				if c == "." {
					return fault
				}
				return ""
			}})
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			want := notify.Result{Outcome: notify.Unknown, Reason: reason}
			if r := newSender(t, server).Send(ctx, testMail()); r != want {
				t.Errorf("Send = %+v, want %+v", r, want)
			}
			if n, _ := server.said("DATA"); n != 1 {
				t.Errorf("%d tries", n)
			}
		})
	}
}

// A deadline binds at every step before the hand-over, though go-mail takes no context; nothing was sent, so the mail is Unavailable.
func TestDeadlineBindsEverywhere(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"EHLO", "MAIL", "RCPT", "DATA"} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			server := startSMTP(t, &smtpServer{reply: func(_ int, c string) string {
				if strings.HasPrefix(c, command) {
					return "silence"
				}
				return ""
			}})
			ctx, cancel := context.WithTimeout(t.Context(), 150*time.Millisecond)
			defer cancel()
			started := time.Now()
			r := newSender(t, server).Send(ctx, testMail())
			if want := (notify.Result{Outcome: notify.Unavailable, Reason: "timeout"}); r != want {
				t.Errorf("Send = %+v, want %+v", r, want)
			}
			if took := time.Since(started); took > 5*time.Second {
				t.Errorf("Send took %s with a deadline of 150 ms", took)
			}
		})
	}
}

// Cancelling ends a send at once, and so does the configured timeout when the caller has no deadline; waiting for a connection counts.
func TestCancelAndTimeout(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{}, 10)
	server := startSMTP(t, &smtpServer{reply: func(_ int, c string) string {
		if strings.HasPrefix(c, "RCPT") {
			arrived <- struct{}{}
			return "silence"
		}
		return ""
	}})
	ctx, cancel := context.WithCancel(t.Context())
	s := newSender(t, server, func(c *Config) { c.Connections = 1 })
	results := make(chan notify.Result, 1)
	go func() { results <- s.Send(ctx, testMail()) }()
	<-arrived
	waiting, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	if r := s.Send(waiting, testMail()); r.Outcome != notify.Unavailable || r.Reason != "no_connection_free" {
		t.Errorf("without a free connection: %+v", r)
	}
	cancel()
	if r := <-results; r.Outcome != notify.Unavailable {
		t.Errorf("cancelled: %+v", r)
	}
	short := newSender(t, server, func(c *Config) { c.Timeout = 100 * time.Millisecond })
	if r := short.Send(context.Background(), testMail()); r.Outcome != notify.Unavailable || r.Reason != "timeout" {
		t.Errorf("the configured timeout: %+v", r)
	}
}

func TestTLSPolicies(t *testing.T) {
	t.Parallel()
	_, roots := testCertificate()
	for _, c := range []struct {
		name   string
		server *smtpServer
		tls    TLSPolicy
		roots  *x509.CertPool
		want   notify.Outcome
		reason string
	}{
		{"mandatory", &smtpServer{offer: []string{"STARTTLS"}}, TLSMandatory, roots, notify.Accepted, ""},
		{"mandatory and not offered", &smtpServer{}, TLSMandatory, roots, notify.Misconfigured, "tls_refused"},
		{"mandatory and not trusted", &smtpServer{offer: []string{"STARTTLS"}}, TLSMandatory, x509.NewCertPool(), notify.Misconfigured, "tls_refused"},
		{"implicit", &smtpServer{implicit: true}, TLSImplicit, roots, notify.Accepted, ""},
		{"implicit and not trusted", &smtpServer{implicit: true}, TLSImplicit, x509.NewCertPool(), notify.Misconfigured, "tls_refused"},
		{"implicit with a plain server", &smtpServer{}, TLSImplicit, roots, notify.Misconfigured, "tls_refused"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server := startSMTP(t, c.server)
			r := newSender(t, server, func(config *Config) { config.TLS, config.RootCAs = c.tls, c.roots }).Send(t.Context(), testMail())
			if r.Outcome != c.want || r.Reason != c.reason {
				t.Errorf("Send = %+v, want %s %s", r, c.want, c.reason)
			}
			if taken := len(server.taken()); (taken == 1) != (c.want == notify.Accepted) {
				t.Errorf("%d mails arrived", taken)
			}
		})
	}
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	_, roots := testCertificate()
	for _, c := range []struct {
		name, offer, reply string
		want               notify.Result
	}{
		{"plain", "AUTH PLAIN LOGIN", "", notify.Result{Outcome: notify.Accepted, Status: 250}},
		{"refused", "AUTH PLAIN", "535 5.7.8 wrong password", notify.Result{Outcome: notify.Misconfigured, Status: 535, Reason: "5.7.8"}},
		{"too weak", "AUTH PLAIN", "534 5.7.9 too weak", notify.Result{Outcome: notify.Misconfigured, Status: 534, Reason: "5.7.9"}},
		{"not now", "AUTH PLAIN", "454 4.7.0 later", notify.Result{Outcome: notify.Throttled, Status: 454, Reason: "4.7.0"}},
		{"not offered", "8BITMIME", "", notify.Result{Outcome: notify.Misconfigured, Reason: "auth_not_offered"}},
		{"only what we do not know", "AUTH XOAUTH2", "", notify.Result{Outcome: notify.Misconfigured, Reason: "auth_not_offered"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server := startSMTP(t, &smtpServer{offer: []string{"STARTTLS", c.offer}, reply: func(_ int, command string) string {
				if strings.HasPrefix(command, "AUTH") {
					return c.reply
				}
				return ""
			}})
			s := newSender(t, server, func(config *Config) {
				config.TLS, config.RootCAs, config.Username, config.Password = TLSMandatory, roots, "budstikke", "hush4711"
			})
			r := s.Send(t.Context(), testMail())
			r.ProviderID = ""
			if r != c.want {
				t.Errorf("Send = %+v, want %+v", r, c.want)
			}
			if tried, _ := server.said("AUTH PLAIN AGJ1ZHN0aWtrZQBodXNoNDcxMQ=="); tried == 0 && c.want.Status != 0 {
				t.Error("no sign-in was tried")
			}
		})
	}
}

func TestServerIsAway(t *testing.T) {
	t.Parallel()
	gone := newSender(t, &smtpServer{host: "127.0.0.1", port: 1})
	if r := gone.Send(t.Context(), testMail()); r.Outcome != notify.Unavailable || r.Reason != "not_reached" {
		t.Errorf("connection refused: %+v", r)
	}
	for greeting, want := range map[string]notify.Outcome{
		"421 4.3.2 shutting down": notify.Throttled, "554 5.7.1 you are blocked": notify.Misconfigured, "450 4.3.0 busy": notify.Unavailable,
	} {
		server := startSMTP(t, &smtpServer{greeting: func(int) string { return greeting }})
		if r := newSender(t, server).Send(t.Context(), testMail()); r.Outcome != want || fmt.Sprint(r.Status) != greeting[:3] {
			t.Errorf("%s: %+v, want %s", greeting, r, want)
		}
	}
}

// An unused connection is given back to the server, and Close says goodbye.
func TestIdleAndClose(t *testing.T) {
	t.Parallel()
	quits := make(chan int, 10)
	server := startSMTP(t, &smtpServer{reply: func(connection int, c string) string {
		if c == "QUIT" {
			quits <- connection
		}
		return ""
	}})
	idle := newSender(t, server, func(c *Config) { c.IdleTimeout = 20 * time.Millisecond })
	kept := newSender(t, server)
	for _, s := range []*Sender{idle, kept} {
		if r := s.Send(t.Context(), testMail()); r.Outcome != notify.Accepted {
			t.Fatalf("Send = %+v", r)
		}
	}
	for want := range 2 {
		if want == 1 {
			if err := kept.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		select {
		case got := <-quits:
			if got != want+1 {
				t.Errorf("connection %d was closed, want %d", got, want+1)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("no QUIT")
		}
	}
	if r := kept.Send(t.Context(), testMail()); r.Outcome != notify.Unavailable {
		t.Errorf("Send after Close: %+v", r)
	}
}
