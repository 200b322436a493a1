package sandbox_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/wneessen/go-mail"

	"budstikke.example/notify/sandbox"
)

func mailer(t *testing.T, s *sandbox.Sandbox, opts ...mail.Option) *mail.Client {
	t.Helper()
	host, port, err := net.SplitHostPort(s.Addresses().SMTP)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	base := []mail.Option{mail.WithPort(n), mail.WithTimeout(10 * time.Second), mail.WithTLSPolicy(mail.NoTLS), mail.WithHELO("test.example")}
	c, err := mail.NewClient(host, append(base, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func letter(t *testing.T, to ...string) *mail.Msg {
	t.Helper()
	m := mail.NewMsg()
	if err := errors.Join(m.FromFormat("Solbakken barnehage", "post@solbakken.example"), m.To(to...)); err != nil {
		t.Fatal(err)
	}
	m.Subject("Ny melding på Solbakken – les den i appen")
	m.SetMessageIDWithValue("notice-7@solbakken.example")
	m.SetGenHeader("List-Unsubscribe", "<https://app.example/u/7>")
	m.SetGenHeader("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
	m.SetBodyString(mail.TypeTextPlain, "Hei!\nDu har en ny melding på Solbakken.\n")
	m.AddAlternativeString(mail.TypeTextHTML, `<html><head><title>x</title></head><body><p>Hei! Du har en <a href="https://app.example/m/7">ny melding</a> på Solbakken.</p></body></html>`)
	return m
}

func TestSMTPDelivers(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	if err := mailer(t, s).DialAndSendWithContext(within(t, 10*time.Second), letter(t, "ida@example.com", "Per@example.com")); err != nil {
		t.Fatal(err)
	}
	got := s.Deliveries(sandbox.On(sandbox.Email))
	if len(got) != 2 {
		t.Fatalf("%d deliveries", len(got))
	}
	d := s.Deliveries(sandbox.To("per@EXAMPLE.com"))[0]
	if d.Title != "Ny melding på Solbakken – les den i appen" || !strings.Contains(d.Body, "Du har en ny melding på Solbakken.") || !strings.Contains(d.HTML, `<a href="https://app.example/m/7">`) {
		t.Errorf("delivered %+v", d)
	}
	if d.ID != "<notice-7@solbakken.example>" || d.Key != d.ID || d.Headers.Get("list-unsubscribe") != "<https://app.example/u/7>" || d.Headers.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" {
		t.Errorf("headers %+v", d)
	}
	if !strings.Contains(d.From, "post@solbakken.example") || len(d.Raw) == 0 {
		t.Errorf("from %q, %d raw bytes", d.From, len(d.Raw))
	}
}

func TestSMTPReadsOldCharsetsAndBadMail(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	send := func(raw string) {
		t.Helper()
		if err := sendRaw(s, "b@example.com", raw); err != nil {
			t.Fatal(err)
		}
	}
	send("Subject: =?iso-8859-1?Q?F=F6r=E4ldram=F6te?=\r\nContent-Type: text/plain; charset=windows-1252\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nKl. 18 =96 v=E4lkommen\r\n")
	send("this is no header\r\n\r\nbody\r\n")
	got := s.Deliveries(nil)
	if len(got) != 2 || got[0].Title != "Föräldramöte" || !strings.Contains(got[0].Body, "Kl. 18 – välkommen") || !strings.HasPrefix(got[0].Key, "sha256:") {
		t.Fatalf("delivered %+v", got)
	}
	if got[1].Headers.Get("unreadable") == "" {
		t.Errorf("bad mail: %+v", got[1])
	}
}

// sendRaw sends a message as it is, without TLS.
func sendRaw(s *sandbox.Sandbox, to, raw string) error {
	c, err := smtp.Dial(s.Addresses().SMTP)
	if err != nil {
		return err
	}
	err = c.SendMail("a@example.com", []string{to}, strings.NewReader(raw))
	return errors.Join(err, c.Close())
}

func TestSMTPStartTLSAndAuth(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{SMTP: sandbox.SMTPConfig{RequireAuth: true}})
	c := s.Credentials()
	secure := []mail.Option{mail.WithTLSPolicy(mail.TLSMandatory), mail.WithTLSConfig(&tls.Config{RootCAs: c.CertPool(), ServerName: "127.0.0.1"})}
	login := append([]mail.Option{mail.WithSMTPAuth(mail.SMTPAuthPlain), mail.WithUsername(c.SMTP.Username)}, secure...)
	if err := mailer(t, s, append(login, mail.WithPassword(c.SMTP.Password))...).DialAndSendWithContext(within(t, 10*time.Second), letter(t, "ida@example.com")); err != nil {
		t.Error(err)
	}
	if err := mailer(t, s, append(login, mail.WithPassword("wrong"))...).DialAndSendWithContext(within(t, 10*time.Second), letter(t, "ida@example.com")); err == nil {
		t.Error("a wrong password was accepted")
	}
	if err := mailer(t, s, secure...).DialAndSendWithContext(within(t, 10*time.Second), letter(t, "ida@example.com")); err == nil || !strings.Contains(err.Error(), "530") {
		t.Errorf("no password: %v", err)
	}
	if n := s.LastSeq(); n != 1 {
		t.Errorf("%d deliveries", n)
	}
}

func TestSMTPRefusesPerAddress(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	fault(t, s, sandbox.SMTP, sandbox.Fault{Mode: "450", Match: "busy@example.com"})
	fault(t, s, sandbox.SMTP, sandbox.Fault{Mode: "550", Match: "nobody@example.com"})
	fault(t, s, sandbox.SMTP, sandbox.Fault{Mode: "554", Match: "spam@example.com"})
	s.MarkGone(sandbox.SMTP, time.Now(), "left@example.com")
	for to, code := range map[string]int{"busy@example.com": 450, "nobody@example.com": 550, "spam@example.com": 554, "left@example.com": 550, "ida@example.com": 0} {
		err := sendRaw(s, to, "Subject: x\r\n\r\nx\r\n")
		var reply *smtp.SMTPError
		if code == 0 && err != nil || code != 0 && (!errors.As(err, &reply) || reply.Code != code) {
			t.Errorf("%s: got %v, want %d", to, err, code)
		}
	}
	if n := s.LastSeq(); n != 1 {
		t.Errorf("%d deliveries", n)
	}
}

func TestSMTPEndsASessionAfterSomeMessages(t *testing.T) {
	t.Parallel()
	byConfig := start(t, sandbox.Config{SMTP: sandbox.SMTPConfig{MaxPerSession: 2}})
	byFault := start(t, sandbox.Config{})
	fault(t, byFault, sandbox.SMTP, sandbox.Fault{Mode: "421", After: 2})
	for _, s := range []*sandbox.Sandbox{byConfig, byFault} {
		for range 2 { // a fresh connection begins to count anew
			c, err := smtp.Dial(s.Addresses().SMTP)
			if err != nil {
				t.Fatal(err)
			}
			send := func() error {
				return c.SendMail("a@example.com", []string{"b@example.com"}, strings.NewReader("Subject: x\r\n\r\nx\r\n"))
			}
			if err := errors.Join(send(), send()); err != nil {
				t.Fatal(err)
			}
			var reply *smtp.SMTPError
			if err := send(); !errors.As(err, &reply) || reply.Code != 421 {
				t.Errorf("third message: %v", err)
			}
			if err := c.Noop(); err == nil {
				t.Error("the connection is still open after 421")
			}
			_ = c.Close()
		}
		if n := s.LastSeq(); n != 4 {
			t.Errorf("%d deliveries", n)
		}
	}
}

func TestSMTPConnectionFaults(t *testing.T) {
	t.Parallel()
	for mode, accepted := range map[string]bool{sandbox.ModeDropAfterAccept: true, sandbox.ModeReset: false, sandbox.ModeHang: false, sandbox.ModeHangAfterAccept: true, sandbox.ModeSlow: true} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			s := start(t, sandbox.Config{})
			fault(t, s, sandbox.SMTP, sandbox.Fault{Mode: mode})
			ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
			defer cancel()
			c := mailer(t, s, mail.WithTimeout(2*time.Second))
			if err := c.DialAndSendWithContext(ctx, letter(t, "ida@example.com")); err == nil {
				t.Fatal("sent")
			}
			if got := s.Deliveries(nil); (len(got) == 1) != accepted {
				t.Errorf("delivered %+v", got)
			}
		})
	}
}
