package email

import (
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"testing"

	"budstikke.example/notify"
)

// sent sends a mail and returns it as it arrived.
func sent(t *testing.T, m notify.Mail, change ...func(*Config)) (raw string, parsed *mail.Message) {
	t.Helper()
	server := startSMTP(t, &smtpServer{})
	if r := newSender(t, server, change...).Send(t.Context(), m); r.Outcome != notify.Accepted {
		t.Fatalf("Send = %+v", r)
	}
	raw = server.taken()[0]
	parsed, err := mail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return raw, parsed
}

func TestMailAsItArrives(t *testing.T) {
	t.Parallel()
	m := testMail()
	_, got := sent(t, m)
	subject, err := new(mime.WordDecoder).DecodeHeader(got.Header.Get("Subject"))
	if err != nil || subject != m.Words.Title {
		t.Errorf("Subject is %q, %v", subject, err)
	}
	for header, want := range map[string]string{
		"Message-Id": "<01900000-0000-7000-8000-000000000001@budstikke.example>", "Auto-Submitted": "auto-generated",
		"From": `"Budstikke" <no-reply@budstikke.example>`, "To": "<guardian@example.com>", "Date": "Sat, 21 Nov 2026 08:30:00 +0000",
		"Content-Language": "sv", "Importance": "", "User-Agent": "", "X-Mailer": "",
	} {
		if got := got.Header.Get(header); got != want {
			t.Errorf("%s is %q, want %q", header, got, want)
		}
	}
	kind, params, err := mime.ParseMediaType(got.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("Content-Type is %q, %v", kind, err)
	}
	parts := multipart.NewReader(got.Body, params["boundary"])
	for _, want := range []struct{ kind, text string }{{"text/plain", m.Words.Text}, {"text/html", m.Words.HTML}} {
		part, err := parts.NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			t.Fatal(err)
		}
		text := strings.ReplaceAll(strings.TrimRight(string(body), "\r\n"), "\r\n", "\n")
		if kind, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type")); kind != want.kind || text != want.text {
			t.Errorf("part %s is %q, want %q", kind, text, want.text)
		}
	}
}

// RFC 8058: one click unsubscribes from routine mail. Never from safety notices (B1), never an address that is not confirmed (H3).
func TestListUnsubscribe(t *testing.T) {
	t.Parallel()
	for kind, want := range map[notify.Kind]bool{
		notify.KindMessagePosted: true, notify.KindAbsenceReported: true, notify.KindGuardianActivated: true,
		notify.KindEmailRegistered: false, notify.KindAlertRaised: false,
	} {
		m := testMail()
		m.Delivery.Kind = kind
		m.Delivery.Urgency, _ = notify.KindUrgency(kind)
		raw, got := sent(t, m)
		if has := got.Header.Get("List-Unsubscribe") != ""; has != want {
			t.Errorf("%s: List-Unsubscribe present: %v", kind, has)
		}
		if has := got.Header.Get("List-Unsubscribe-Post") == "List-Unsubscribe=One-Click"; has != want {
			t.Errorf("%s: List-Unsubscribe-Post present: %v", kind, has)
		}
		// Trap of go-mail and of DKIM: a folded List-Unsubscribe breaks signatures. It stands in one line, however long.
		line := "List-Unsubscribe: <https://budstikke.example/v1/guardian/unsubscribe/token-" + m.Delivery.Endpoint.String() + strings.Repeat("x", 60) + ">\r\n"
		if strings.Contains(raw, line) != want {
			t.Errorf("%s: List-Unsubscribe in one line: %v", kind, !want)
		}
		if got := got.Header.Get("Importance") == "high"; got != (kind == notify.KindAlertRaised) {
			t.Errorf("%s: marked as important: %v", kind, got)
		}
	}
	critical := testMail()
	critical.Delivery.Urgency = notify.UrgencyCritical // whatever its kind says
	if _, got := sent(t, critical); got.Header.Get("List-Unsubscribe") != "" {
		t.Error("a critical mail can be unsubscribed from")
	}
	if _, got := sent(t, testMail(), func(c *Config) { c.UnsubscribeURL = "" }); got.Header.Get("List-Unsubscribe") != "" {
		t.Error("List-Unsubscribe without an address")
	}
}

// Nothing that comes from outside can start a header or a command of its own.
func TestHeaderInjection(t *testing.T) {
	t.Parallel()
	server := startSMTP(t, &smtpServer{})
	s := newSender(t, server)
	for name, address := range map[string]string{
		"line break": "guardian@example.com\r\nBcc: all@example.com", "line feed": "guardian@example.com\nRCPT TO:<all@example.com>",
		"name": "Guardian <guardian@example.com>", "two": "guardian@example.com, all@example.com", "brackets": "<guardian@example.com>",
		"quoted": "\"guardian\r\n\"@example.com", "empty": "", "no host": "guardian", "space": "guardian@example.com all@example.com",
	} {
		m := testMail()
		m.Delivery.Address = address
		if r := s.Send(t.Context(), m); r.Outcome != notify.EndpointGone || r.Reason != "bad_address" {
			t.Errorf("address with %s: %+v", name, r)
		}
	}
	for name, title := range map[string]string{"line break": "New\r\nBcc: all@example.com", "line feed": "New\nX: y", "nothing": ""} {
		m := testMail()
		m.Words.Title = title
		if r := s.Send(t.Context(), m); r.Outcome != notify.Refused || r.Reason != "bad_words" {
			t.Errorf("title with %s: %+v", name, r)
		}
	}
	m := testMail()
	m.Words.Text, m.Words.HTML = "a\r\n.\r\nMAIL FROM:<x@example.com>\r\n", "<p>\r\n.\r\nQUIT</p>"
	if r := s.Send(t.Context(), m); r.Outcome != notify.Accepted {
		t.Errorf("a lone dot in the text: %+v", r)
	}
	if n, _ := server.said("MAIL"); n != 1 || len(server.taken()) != 1 {
		t.Errorf("%d transactions, %d mails, want one", n, len(server.taken()))
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	good := Config{Host: "mail.example.com", From: "no-reply@budstikke.example", Username: "u", Password: "hush4711"}
	for name, change := range map[string]func(*Config){
		"no host":                 func(c *Config) { c.Host = "" },
		"no sender":               func(c *Config) { c.From = "" },
		"plain text far away":     func(c *Config) { c.TLS = TLSNone },
		"unknown policy":          func(c *Config) { c.TLS = "opportunistic" },
		"port":                    func(c *Config) { c.Port = 70000 },
		"HELO of two lines":       func(c *Config) { c.HELO = "a\r\nQUIT" },
		"unsubscribe by http":     func(c *Config) { c.UnsubscribeURL = "http://budstikke.example/u" },
		"unsubscribe by what":     func(c *Config) { c.UnsubscribeURL = "https://a.example/>\r\nBcc: b@example.com" },
		"unsubscribe, no token":   func(c *Config) { c.UnsubscribeURL = "https://budstikke.example/u" },
		"negative connections":    func(c *Config) { c.Connections = -1 },
		"sender with a line feed": func(c *Config) { c.From = "a\n@budstikke.example" },
	} {
		c := good
		change(&c)
		if _, err := New(c); err == nil {
			t.Errorf("%s: accepted", name)
		} else if strings.Contains(err.Error(), "hush4711") {
			t.Errorf("%s: the error repeats the password", name)
		}
	}
	s, err := New(good)
	if err != nil || s.config.TLS != TLSMandatory || s.config.Port != 587 || s.config.MessageIDDomain != "budstikke.example" {
		t.Errorf("defaults: %v", err)
	}
}
