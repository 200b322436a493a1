package email

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"budstikke.example/notify"
)

// report is a delivery report as mail servers write them, with what a test says about the one receiver.
func report(receiver string) string {
	return strings.ReplaceAll(`Return-Path: <>
Delivered-To: bounces+TOKENONE@town.example
From: MAILER-DAEMON@relay.example
To: bounces+TOKENONE@town.example
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain

I am sorry.
--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example
X-Postfix-Queue-ID: 4711

`+receiver+`
--b1
Content-Type: message/rfc822

From: Budstikke <no-reply@town.example>
Message-ID: <TOKENTWO@town.example>
Subject: There is something to look at

There is something to look at.
--b1--
`, "\n", "\r\n")
}

const refused = "Final-Recipient: rfc822; nobody@example.com\nAction: failed\nStatus: "

func TestReadReport(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		receiver     string
		failed, gone bool
		status       string
	}{
		"no such address":           {refused + "5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no such user\n", true, true, "5.1.1"},
		"with a comment":            {refused + "5.1.10 (null MX)\n", true, true, "5.1.10"},
		"no such domain":            {refused + "5.1.2\n", true, true, "5.1.2"},
		"our own address":           {refused + "5.1.8\n", true, false, "5.1.8"},
		"mailbox full":              {refused + "5.2.2\n", true, false, "5.2.2"},
		"taken for spam":            {refused + "5.7.1\n", true, false, "5.7.1"},
		"tried for too long":        {refused + "4.4.7\n", true, false, "4.4.7"},
		"a status that is none":     {refused + "fatal\n", true, false, ""},
		"delayed":                   {"Final-Recipient: rfc822; nobody@example.com\nAction: delayed\nStatus: 4.2.2\n", false, false, "4.2.2"},
		"delayed, of a bad address": {"Final-Recipient: rfc822; nobody@example.com\nAction: delayed\nStatus: 5.1.1\n", false, false, "5.1.1"},
		"arrived":                   {"Final-Recipient: rfc822; nobody@example.com\nAction: delivered\nStatus: 2.1.5\n", false, false, "2.1.5"},
	} {
		got, err := ReadReport(strings.NewReader(report(c.receiver)))
		if err != nil || got.Failed != c.failed || got.Gone != c.gone || got.Status != c.status {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if !slices.Contains(got.Tokens, "TOKENONE") || !slices.Contains(got.Tokens, "TOKENTWO") {
			t.Errorf("%s: the tokens are %q", name, got.Tokens)
		}
	}
}

// What is malformed, contradicts itself or is no report at all says nothing of anybody.
func TestNoReport(t *testing.T) {
	t.Parallel()
	good := report(refused + "5.1.1\n")
	for name, text := range map[string]string{
		"nothing":                  "",
		"no mail":                  "\x00\x01\x02",
		"a plain mail":             "From: a@example.com\r\nTo: bounces+TOKENONE@town.example\r\n\r\nStatus: 5.1.1\r\nAction: failed\r\n",
		"a report of reading":      strings.Replace(good, "report-type=delivery-status", "report-type=disposition-notification", 1),
		"without a boundary":       strings.Replace(good, `; boundary="b1"`, "", 1),
		"without a status":         report(""),
		"cut in the first part":    good[:strings.Index(good, "I am sorry")],
		"receivers that disagree":  report(refused + "5.1.1\n\nFinal-Recipient: rfc822; b@example.com\nAction: delivered\nStatus: 2.0.0\n"),
		"hidden behind a megabyte": strings.Replace(good, "I am sorry.", strings.Repeat("x", maxReport), 1),
		"hidden behind many parts": strings.Replace(good, "--b1\r\nContent-Type: text/plain",
			strings.Repeat("--b1\r\nContent-Type: text/plain\r\n\r\n.\r\n", maxParts)+"--b1\r\nContent-Type: text/plain", 1),
	} {
		if got, err := ReadReport(strings.NewReader(text)); !errors.Is(err, ErrNoReport) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// However a report is made, reading it ends, and an address is gone only where a failure says so.
func FuzzReadReport(f *testing.F) {
	f.Add(report(refused + "5.1.1\n"))
	f.Add("Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n\n\n\n--b--")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ReadReport(strings.NewReader(text))
		if got.Gone && (err != nil || !got.Failed || !strings.HasPrefix(got.Status, "5.1.")) || len(got.Tokens) > maxAddress {
			t.Fatalf("%+v, %v", got, err)
		}
	})
}

// The token stands in the Message-ID of every mail, and in the address of the envelope where one is set up for reports.
func TestMailsNameTheirDeliveryToServers(t *testing.T) {
	t.Parallel()
	token := func(c *Config) { c.BounceToken = func(notify.Delivery) string { return "abcdef" } }
	raw, got := sent(t, testMail(), token, func(c *Config) { c.BounceTo = "bounces@town.example" })
	if id := got.Header.Get("Message-Id"); id != "<abcdef@budstikke.example>" {
		t.Errorf("Message-ID is %s", id)
	}
	if strings.Contains(raw, "bounces") {
		t.Error("the address for reports stands in the mail itself")
	}
	c := testMail()
	msg, err := build(c, Config{From: "no-reply@town.example", BounceTo: "bounces@town.example", BounceToken: func(notify.Delivery) string { return "abcdef" }}, testNow)
	if err != nil {
		t.Fatal(err)
	}
	if sender, err := msg.GetSender(false); err != nil || sender != "<bounces+abcdef@town.example>" {
		t.Errorf("reports go to %s, %v", sender, err)
	}
	for _, bad := range []string{"bounces", "Reports <bounces@town.example>", "bounces+here@town.example", "a-very-long-address-for-reports@town.example"} {
		if _, err := New(Config{Host: "127.0.0.1", From: "no-reply@town.example", BounceTo: bad, BounceToken: func(notify.Delivery) string { return "a" }}); err == nil {
			t.Errorf("%q is taken for the address of reports", bad)
		}
	}
}
