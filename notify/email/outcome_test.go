package email

import (
	"fmt"
	"strings"
	"testing"

	"budstikke.example/notify"
)

// Over the wire, with and without the extension that announces enhanced codes: go-mail reads them only when they are announced.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		command, reply string
		want           notify.Outcome
		reason         string
	}{
		{"RCPT", "550 5.1.1 no such user", notify.EndpointGone, "5.1.1"},
		{"RCPT", "550 5.1.10 null MX", notify.EndpointGone, "5.1.10"},
		{"RCPT", "553 5.1.3 bad address", notify.EndpointGone, "5.1.3"},
		{"RCPT", "551 5.1.6 moved away", notify.EndpointGone, "5.1.6"},
		{"RCPT", "550 5.1.0 not now", notify.Refused, "5.1.0"},
		{"RCPT", "553 5.1.4 two of that name", notify.Refused, "5.1.4"},
		{"RCPT", "550 5.1.8 sender's domain not found", notify.Misconfigured, "5.1.8"},
		{"RCPT", "550 5.7.1 relay access denied", notify.Refused, "5.7.1"},
		{"RCPT", "552 5.2.2 mailbox full", notify.Refused, "5.2.2"},
		{"RCPT", "550 no", notify.Refused, ""},
		{"RCPT", "450 4.2.1 mailbox busy", notify.Unavailable, "4.2.1"},
		{"RCPT", "451 4.7.1 greylisted", notify.Throttled, "4.7.1"},
		{"RCPT", "452 4.3.1 disk full", notify.Unavailable, "4.3.1"},
		{"MAIL", "530 5.7.0 sign in first", notify.Misconfigured, "5.7.0"},
		{"MAIL", "550 5.7.1 sender refused", notify.Misconfigured, "5.7.1"},
		{"MAIL", "451 4.3.0 later", notify.Unavailable, "4.3.0"},
		{"DATA", "554 5.5.0 no", notify.Refused, "5.5.0"},
		{".", "554 5.7.1 spam", notify.Refused, "5.7.1"},
		{".", "550 5.1.1 no such user", notify.Refused, "5.1.1"}, // not at RCPT: gateways answer so for content, too
		{".", "451 4.3.0 later", notify.Unavailable, "4.3.0"},
		{".", "450 4.7.0 slow down", notify.Throttled, "4.7.0"},
	} {
		for _, offer := range [][]string{nil, {"ENHANCEDSTATUSCODES"}} {
			t.Run(fmt.Sprintf("%s %s %v", c.command, c.reply, offer), func(t *testing.T) {
				t.Parallel()
				server := startSMTP(t, &smtpServer{offer: offer, reply: func(_ int, command string) string {
					if strings.HasPrefix(command, c.command) {
						return c.reply
					}
					return ""
				}})
				r := newSender(t, server).Send(t.Context(), testMail())
				want := notify.Result{Outcome: c.want, Reason: c.reason}
				_, _ = fmt.Sscan(c.reply, &want.Status)
				if r != want {
					t.Errorf("Send = %+v, want %+v", r, want)
				}
				if n, _ := server.said(strings.ReplaceAll(c.command, ".", "DATA")); n != 1 {
					t.Errorf("%d tries for an answer that is no 421", n)
				}
			})
		}
	}
}
