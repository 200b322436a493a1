package sms_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/notify"
	"budstikke.example/notify/sandbox"
	"budstikke.example/notify/sms"
)

// The sender against a server that speaks Twilio's protocol: what arrives, and what every fault means.
func TestSMSAgainstTheSandbox(t *testing.T) {
	t.Parallel()
	s, err := sandbox.Start(t.Context(), sandbox.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	with := s.Credentials()
	sender, err := sms.New(sms.Config{
		BaseURL: s.Addresses().Twilio, AccountSID: with.Twilio.AccountSID, Password: with.Twilio.AuthToken, From: with.Twilio.From,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sender.Close(context.Background()) })
	const number = "+46701740606"
	justified := urgent(t, number)
	send := func() notify.Result { return sender.Send(t.Context(), justified) }
	if r := send(); r.Outcome != notify.Accepted || r.ProviderID == "" {
		t.Fatalf("Send = %+v", r)
	}
	got := s.Deliveries(sandbox.To(number))
	if len(got) != 1 || got[0].Body != justified.Text() || got[0].ID == "" {
		t.Fatalf("arrived: %+v", got)
	}
	for _, c := range []struct {
		fault sandbox.Fault
		want  notify.Outcome
	}{
		{sandbox.Fault{Mode: "429", RetryAfter: 4}, notify.Throttled},
		{sandbox.Fault{Mode: "401"}, notify.Misconfigured},
		{sandbox.Fault{Mode: "400", Reason: "21610"}, notify.EndpointGone},
		{sandbox.Fault{Mode: "500"}, notify.Unknown},
		{sandbox.Fault{Mode: sandbox.ModeHTML}, notify.Unknown},
		{sandbox.Fault{Mode: sandbox.ModeReset}, notify.Unknown},
		{sandbox.Fault{Mode: sandbox.ModeDropAfterAccept}, notify.Unknown},
	} {
		c.fault.Count = 1
		if err := s.AddFault(sandbox.Twilio, c.fault); err != nil {
			t.Fatal(err)
		}
		r := send()
		if r.Outcome != c.want || r.RetryAfter != time.Duration(c.fault.RetryAfter)*time.Second {
			t.Errorf("%s: Send = %+v, want %s", c.fault.Mode, r, c.want)
		}
	}
	// Twilio is not idempotent: the one that was taken before its connection broke is there once, and nothing was repeated.
	if got := s.Deliveries(sandbox.To(number)); len(got) != 2 {
		t.Errorf("%d arrived, want 2", len(got))
	}
	s.MarkGone(sandbox.Twilio, time.Now(), number)
	if r := send(); r.Outcome != notify.EndpointGone {
		t.Errorf("opted out: Send = %+v", r)
	}
}

// V20: whether Twilio would take an SMS is known without sending one, by the credentials of a real one.
func TestCheckSendsNothing(t *testing.T) {
	t.Parallel()
	s, err := sandbox.Start(t.Context(), sandbox.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	with := s.Credentials()
	c := sms.Config{BaseURL: s.Addresses().Twilio, AccountSID: with.Twilio.AccountSID, Password: with.Twilio.AuthToken, From: with.Twilio.From}
	check := func(c sms.Config) notify.Result {
		sender, err := sms.New(c)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = sender.Close(context.Background()) }()
		return sender.Check(t.Context())
	}
	if r := check(c); r.Outcome != notify.Accepted || r.ProviderID != "" {
		t.Errorf("Check = %+v", r)
	}
	wrong := c
	wrong.Password = "another"
	if r := check(wrong); r.Outcome != notify.Misconfigured || r.Status != 401 || r.Reason != "20003" {
		t.Errorf("with another token: Check = %+v", r)
	}
	for mode, want := range map[string]notify.Outcome{
		"429": notify.Throttled, "500": notify.Unavailable, "400": notify.Misconfigured, sandbox.ModeReset: notify.Unavailable, sandbox.ModeHTML: notify.Unavailable,
	} {
		if err := s.AddFault(sandbox.Twilio, sandbox.Fault{Mode: mode, Count: 1}); err != nil {
			t.Fatal(err)
		}
		if r := check(c); r.Outcome != want {
			t.Errorf("%s: Check = %+v, want %s", mode, r, want)
		}
	}
	if got := s.Deliveries(nil); len(got) != 0 {
		t.Errorf("%d SMS arrived", len(got))
	}
}

// B3: a connection that the provider cuts takes one SMS with it. Others that are on their way arrive, and nobody has to wonder whether they did.
func TestACutConnectionTakesOneSMS(t *testing.T) {
	t.Parallel()
	s, err := sandbox.Start(t.Context(), sandbox.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	with := s.Credentials()
	sender, err := sms.New(sms.Config{
		BaseURL:    strings.Replace(s.Addresses().Twilio, "http://", "https://", 1), // where HTTP/2 could be spoken
		AccountSID: with.Twilio.AccountSID, Password: with.Twilio.AuthToken, From: with.Twilio.From, RootCAs: with.CertPool(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sender.Close(context.Background()) })
	const texts = 40
	if err := s.AddFault(sandbox.Twilio, sandbox.Fault{Mode: sandbox.ModeReset, Count: 1}); err != nil {
		t.Fatal(err)
	}
	results := make(chan notify.Outcome, texts)
	for i := range texts {
		justified := urgent(t, fmt.Sprintf("+467017406%02d", i))
		go func() { results <- sender.Send(context.Background(), justified).Outcome }()
	}
	unknown := 0
	for range texts {
		if r := <-results; r == notify.Unknown {
			unknown++
		}
	}
	if unknown != 1 {
		t.Errorf("of %d SMS nobody knows what became of them, want the one that was cut", unknown)
	}
}

// urgent is an SMS about an alert.
func urgent(t *testing.T, number string) notify.SMS {
	t.Helper()
	justified, err := notify.JustifySMS(notify.Delivery{
		ID: uuid.New(), Event: uuid.New(), Kind: notify.KindAlertRaised, Urgency: notify.UrgencyCritical, Channel: notify.ChannelSMS,
		Address: number, ExpiresAt: time.Now().Add(time.Hour),
	}, notify.Words{Text: "Budstikke: URGENT notice for you. Safe to open: https://budstikke.example/open"})
	if err != nil {
		t.Fatal(err)
	}
	return justified
}
