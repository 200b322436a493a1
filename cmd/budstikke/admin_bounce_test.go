package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/cmd/budstikke/internal/system"
	"budstikke.example/migrations/pgtest"
)

// mailroom is a municipality with mails that were sent, and the program that a mail server pipes reports about them into.
type mailroom struct {
	*pgtest.Database
	municipality, event uuid.UUID
	key                 []byte
	environment         map[string]string
}

func newMailroom(t *testing.T) *mailroom {
	t.Helper()
	m := &mailroom{Database: pgtest.New(t), municipality: uuid.New(), event: uuid.Must(uuid.NewV7()), key: bytes.Repeat([]byte{7}, 32)}
	m.environment = map[string]string{"DATABASE_URL": m.WorkerURL, "SIGNING_KEY": base64.StdEncoding.EncodeToString(m.key)}
	m.exec(t, `insert into app.municipalities values ($1, 'here', 'M', 'SE', 'sv', 'Europe/Stockholm', '1', now())`)
	m.exec(t, `insert into app.institutions (municipality_id, id, kind, national_number, name, created_at) values ($1, $2, 'kindergarten', '1', 'K', now())`, m.event)
	m.exec(t, `insert into notify.events (municipality_id, id, kind, urgency, subject_id, created_at, expires_at)
		values ($1, $2, 'message_posted', 'routine', $2, now(), now() + interval '1 hour')`, m.event)
	return m
}

func (m *mailroom) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	if _, err := m.Admin.Exec(context.Background(), sql, append([]any{m.municipality}, args...)...); err != nil {
		t.Fatal(err)
	}
}

// address is somebody's address that they have confirmed.
func (m *mailroom) address(t *testing.T, address string) (person, endpoint uuid.UUID) {
	t.Helper()
	person, endpoint = uuid.New(), uuid.New()
	m.exec(t, `insert into app.persons (municipality_id, id, given_name, family_name, created_at) values ($1, $2, 'A', 'B', now())`, person)
	m.exec(t, `insert into notify.endpoints (municipality_id, id, person_id, channel, provider, address, locale, state, created_at, registered_at, verified_at)
		values ($1, $2, $3, 'email', 'smtp', $4, 'sv', 'active', now(), now(), now())`, endpoint, person, address)
	return person, endpoint
}

// sent is a mail to somebody that their server took.
func (m *mailroom) sent(t *testing.T, person, endpoint uuid.UUID) uuid.UUID {
	t.Helper()
	id := uuid.New()
	copy(id[:8], m.event[:8])
	m.exec(t, `insert into notify.deliveries (municipality_id, id, event_id, urgency, person_id, grounds, institution_id, channel, provider, endpoint_id, state,
			attempt, fence, created_at, settled_at, outcome, status)
		values ($1, $3, $2, 'routine', $4, 'institution', $2, 'email', 'smtp', $5, 'sent', 1, 1, now(), now(), 'accepted', 250)`, m.event, id, person, endpoint)
	return id
}

// dsn is the report of a Postfix that could not hand on the mail of a delivery, named by the address that it comes to or by the mail's Message-ID alone.
func (m *mailroom) dsn(t *testing.T, delivery uuid.UUID, status string, byAddress bool) string {
	t.Helper()
	signer, err := system.Base{SigningKey: m.key}.Confirmer()
	if err != nil {
		t.Fatal(err)
	}
	to, token := "no-reply@town.example", signer.BounceToken(delivery)
	if byAddress {
		to = "bounces+" + strings.ToUpper(token) + "@town.example" // some servers do not keep small letters
	}
	return strings.ReplaceAll(`Return-Path: <>
Delivered-To: `+to+`
Received: by relay.example (Postfix) id 4BcD1; Mon, 2 Mar 2026 08:00:01 +0100 (CET)
Date: Mon, 2 Mar 2026 08:00:01 +0100 (CET)
From: MAILER-DAEMON@relay.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: `+to+`
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="4BcD1.1772434801/relay.example"

This is a MIME-encapsulated message.

--4BcD1.1772434801/relay.example
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host relay.example.

<ada@example.com>: host mx.example.com said: `+status+` (in reply to RCPT TO command)

--4BcD1.1772434801/relay.example
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example
X-Postfix-Queue-ID: 4BcD1
Arrival-Date: Mon, 2 Mar 2026 08:00:00 +0100 (CET)

Final-Recipient: rfc822; ada@example.com
Original-Recipient: rfc822;ada@example.com
Action: failed
Status: `+status+`
Remote-MTA: dns; mx.example.com
Diagnostic-Code: smtp; 550 `+status+` <ada@example.com>

--4BcD1.1772434801/relay.example
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

From: Budstikke <no-reply@town.example>
To: <ada@example.com>
Message-ID: <`+token+`@town.example>
Subject: There is something to look at

--4BcD1.1772434801/relay.example--
`, "\n", "\r\n")
}

// pipe hands a mail to the program as a mail server does, with what its environment says otherwise.
func (m *mailroom) pipe(mail string, otherwise map[string]string) (out, errs string, code int) {
	cmd := program("admin", "bounce")
	for name, value := range m.environment {
		if other, said := otherwise[name]; said {
			value = other
		}
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(mail), &stdout, &stderr
	err := cmd.Run()
	return stdout.String(), stderr.String(), exitOf(err)
}

// is fails unless an endpoint is in a state, and the receipt of a delivery is what it should be; "" for none.
func (m *mailroom) is(t *testing.T, what string, endpoint uuid.UUID, state string, delivery uuid.UUID, receipt string) {
	t.Helper()
	var gotState, gotReceipt string
	if err := m.Admin.QueryRow(context.Background(), `select p.state, coalesce(d.receipt, '') from notify.endpoints p, notify.deliveries d where p.id = $1 and d.id = $2`,
		endpoint, delivery).Scan(&gotState, &gotReceipt); err != nil {
		t.Fatal(err)
	}
	if gotState != state || gotReceipt != receipt {
		t.Errorf("%s: the address is %s and the receipt %q, want %s and %q", what, gotState, gotReceipt, state, receipt)
	}
}

// B13: a report that a mail server pipes in retires the address that does not exist, once, however it names the mail and however often it comes; one about a
// mailbox that is full does not. The mail server is told nothing that it would report on.
func TestBounceRetiresTheAddressThatDoesNotExist(t *testing.T) {
	t.Parallel()
	m := newMailroom(t)
	for name, c := range map[string]struct {
		status    string
		byAddress bool
		state     string
		says      []string
	}{
		"no such user, by the address":     {"5.1.1", true, "retired", []string{"(5.1.1); its address does not exist and is retired", "its address was named again or is retired already"}},
		"no such domain, by the mail's id": {"5.1.2", false, "retired", []string{"(5.1.2); its address does not exist and is retired", "its address was named again or is retired already"}},
		"mailbox full":                     {"5.2.2", true, "active", []string{"(5.2.2); its address stays", "(5.2.2); its address stays"}},
	} {
		person, endpoint := m.address(t, "ada-"+c.status+"@example.com")
		delivery := m.sent(t, person, endpoint)
		mail := m.dsn(t, delivery, c.status, c.byAddress)
		for _, says := range c.says { // the same report again says so, and does no more
			out, errs, code := m.pipe(mail, nil)
			if code != 0 || errs != "" || !strings.HasPrefix(out, "delivery "+delivery.String()+" did not arrive") || !strings.HasSuffix(out, says+"\n") || strings.Contains(out, "@") {
				t.Errorf("%s: %d, want %q\n%s\n%s", name, code, says, out, errs)
			}
			m.is(t, name, endpoint, c.state, delivery, "undelivered")
		}
	}
}

// A report is about the mail that it names, to the one whom it went to: an address that somebody else has been given since, or that its owner has named again,
// is theirs, and stays (B13). What is no report, or is about a mail that is not there or not ours, changes nothing and is no error.
func TestBounceTouchesNobodyElse(t *testing.T) {
	t.Parallel()
	m := newMailroom(t)
	person, endpoint := m.address(t, "ada@example.com")
	_, shared := m.address(t, "ada@example.com") // the other guardian of the house, who gets mails of their own
	delivery := m.sent(t, person, endpoint)
	heir, inherited := m.address(t, "ada@example.com")
	theirs := m.sent(t, heir, inherited)
	mail := m.dsn(t, delivery, "5.1.1", true)
	for range 2 {
		if out, errs, code := m.pipe(mail, nil); code != 0 || errs != "" {
			t.Errorf("%d\n%s\n%s", code, out, errs)
		}
		m.is(t, "whose mail came back", endpoint, "retired", delivery, "undelivered")
		m.is(t, "who has it, too", shared, "active", theirs, "")
		m.is(t, "who has the address now", inherited, "active", theirs, "")
	}
	again, named := m.address(t, "bo@example.com")
	before := m.sent(t, again, named)
	m.exec(t, `update notify.endpoints set registered_at = now() where municipality_id = $1 and id = $2`, named)
	if out, errs, code := m.pipe(m.dsn(t, before, "5.1.1", true), nil); code != 0 || !strings.HasSuffix(out, "its address was named again or is retired already\n") {
		t.Errorf("named again: %d\n%s\n%s", code, out, errs)
	}
	m.is(t, "named again since", named, "active", before, "undelivered")

	last, kept := m.address(t, "cleo@example.com")
	untouched := m.sent(t, last, kept)
	forged := *m
	forged.key = bytes.Repeat([]byte{8}, 32)
	for name, c := range map[string]struct{ mail, says string }{
		"a mail that is not there":  {m.dsn(t, uuid.New(), "5.1.1", true), "the mail is not there any more; nothing is changed\n"},
		"a token of somebody else":  {forged.dsn(t, untouched, "5.1.1", true), "the report is about no mail of ours; nothing is changed\n"},
		"a bare id for a token":     {strings.ReplaceAll(m.dsn(t, uuid.Nil, "5.1.1", false), "no-reply", untouched.String()), "the mail is not there any more; nothing is changed\n"},
		"a report of a delay":       {strings.Replace(m.dsn(t, untouched, "5.1.1", true), "Action: failed", "Action: delayed", 1), "the report tells of no failure; nothing is changed\n"},
		"a letter from a person":    {"From: ada@example.com\r\nTo: bounces@town.example\r\nSubject: Hej\r\n\r\nStatus: 5.1.1\r\n", "no delivery report; nothing is changed\n"},
		"nothing, from a busy pipe": {"", "no delivery report; nothing is changed\n"},
	} {
		out, errs, code := m.pipe(c.mail, nil)
		if code != 0 || errs != "" || out != c.says {
			t.Errorf("%s: %d, want %q\n%s\n%s", name, code, c.says, out, errs)
		}
		m.is(t, name, kept, "active", untouched, "")
	}
}

// B3: what could not be kept now is for the mail server to bring again (EX_TEMPFAIL), and nothing that it reports on tells of a password or an address; brought
// again, it is kept.
func TestBounceIsTriedAgain(t *testing.T) {
	t.Parallel()
	m := newMailroom(t)
	person, endpoint := m.address(t, "ada@example.com")
	delivery := m.sent(t, person, endpoint)
	mail := m.dsn(t, delivery, "5.1.1", true)
	away, err := url.Parse(m.WorkerURL)
	if err != nil {
		t.Fatal(err)
	}
	password, _ := away.User.Password()
	away.Host = "127.0.0.1:1"
	for name, otherwise := range map[string]map[string]string{
		"the database is away":         {"DATABASE_URL": away.String()},
		"no database is named":         {"DATABASE_URL": ""},
		"no key is named":              {"SIGNING_KEY": ""},
		"the key is none":              {"SIGNING_KEY": "c2hvcnQ="},
		"the login is the API's":       {"DATABASE_URL": m.APIURL},
		"the login is a wrong one":     {"DATABASE_URL": strings.Replace(m.WorkerURL, "budstikke_test_worker", "nobody_here", 1)},
		"the database is another name": {"DATABASE_URL": strings.Replace(m.WorkerURL, away.Path, "/no_such_database", 1)},
	} {
		out, errs, code := m.pipe(mail, otherwise)
		if code != 75 || out != "" || !strings.HasPrefix(errs, "budstikke: ") {
			t.Errorf("%s: %d, want 75\n%s\n%s", name, code, out, errs)
		}
		if strings.Contains(errs, password) || strings.Contains(errs, "ada@example.com") {
			t.Errorf("%s: it tells %s", name, errs)
		}
		m.is(t, name, endpoint, "active", delivery, "")
	}
	if out, errs, code := m.pipe(mail, nil); code != 0 {
		t.Errorf("brought again: %d\n%s\n%s", code, out, errs)
	}
	m.is(t, "brought again", endpoint, "retired", delivery, "undelivered")
}
