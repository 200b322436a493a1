package email_test

import (
	"context"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/notify"
	"budstikke.example/notify/email"
	"budstikke.example/notify/render"
	"budstikke.example/notify/sandbox"
)

// The sender against a real SMTP server with TLS, sign-in and sessions that are cut after three mails: what arrives, and what every fault
// means.
func TestMailAgainstTheSandbox(t *testing.T) {
	t.Parallel()
	s, err := sandbox.Start(t.Context(), sandbox.Config{SMTP: sandbox.SMTPConfig{RequireAuth: true, MaxPerSession: 3}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	host, port, err := net.SplitHostPort(s.Addresses().SMTP)
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	with := s.Credentials()
	sender, err := email.New(email.Config{
		Host: host, Port: number, TLS: email.TLSMandatory, RootCAs: with.CertPool(), Username: with.SMTP.Username, Password: with.SMTP.Password,
		From: "Budstikke <no-reply@budstikke.example>", Connections: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sender.Close(context.Background()) })
	const receiver = "guardian@example.com"
	d := notify.Delivery{
		Event: uuid.New(), Subject: uuid.New(), Kind: notify.KindMessagePosted, Urgency: notify.UrgencyRoutine,
		Channel: notify.ChannelEmail, Address: receiver, Locale: notify.Nynorsk,
	}
	words, err := render.Render(d, render.Links{PublicURL: "https://budstikke.example"})
	if err != nil {
		t.Fatal(err)
	}
	send := func(ctx context.Context) notify.Result {
		d.ID = uuid.New()
		return sender.Send(ctx, notify.Mail{Delivery: d, Words: words})
	}
	for range 10 { // the server cuts the session three times
		if r := send(t.Context()); r.Outcome != notify.Accepted {
			t.Fatalf("Send = %+v", r)
		}
	}
	got := s.Deliveries(sandbox.To(receiver))
	if len(got) != 10 {
		t.Fatalf("%d mails arrived, want 10", len(got))
	}
	if got[0].Title != words.Title || got[0].Body == "" || got[0].HTML == "" {
		t.Errorf("arrived: %q %q %q", got[0].Title, got[0].Body, got[0].HTML)
	}
	for _, c := range []struct {
		fault sandbox.Fault
		want  notify.Outcome
	}{
		{sandbox.Fault{Mode: "451"}, notify.Unavailable},
		{sandbox.Fault{Mode: "554"}, notify.Refused},
		{sandbox.Fault{Mode: sandbox.ModeHangAfterAccept}, notify.Unknown},
		{sandbox.Fault{Mode: sandbox.ModeDropAfterAccept}, notify.Unknown},
	} {
		c.fault.Count = 1
		if err := s.AddFault(sandbox.SMTP, c.fault); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		if r := send(ctx); r.Outcome != c.want {
			t.Errorf("%s: Send = %+v, want %s", c.fault.Mode, r, c.want)
		}
		cancel()
	}
	s.MarkGone(sandbox.SMTP, time.Now(), receiver)
	// A 550 retires the address only when its enhanced code says that it is about the address.
	if r := send(t.Context()); r.Status != 550 || (r.Outcome == notify.EndpointGone) != strings.HasPrefix(r.Reason, "5.1.") {
		t.Errorf("no such mailbox: Send = %+v", r)
	}
}
