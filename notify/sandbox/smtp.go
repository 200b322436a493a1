package sandbox

import (
	"bytes"
	"crypto/subtle"
	"errors"
	"io"
	"log"
	"net"
	"net/mail"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// smtpServer accepts mail for everybody and keeps it.
type smtpServer struct {
	s        *Sandbox
	switches *switches
}

func (s *Sandbox) startSMTP() error {
	l, err := s.listen(SMTP, s.cfg.Ports.SMTP)
	if err != nil {
		return err
	}
	m := &smtpServer{s: s, switches: s.faults.of(SMTP)}
	s.smtp = m
	s.addrs.SMTP = s.hostPort(l)
	srv := smtp.NewServer(smtp.BackendFunc(m.session))
	srv.Domain = "mail.budstikke-sandbox.example"
	srv.TLSConfig = s.serverTLS(SMTP, "h2", "http/1.1")
	srv.AllowInsecureAuth = true // loopback; clients that insist on TLS have STARTTLS
	srv.EnableSMTPUTF8 = true
	srv.MaxMessageBytes = s.cfg.SMTP.MaxBytes
	srv.MaxRecipients = 100
	srv.ReadTimeout = 5 * time.Minute
	srv.ErrorLog = quietLog()
	s.spawn(func() { _ = srv.Serve(&smtpListener{l, s}) }) // ends by Close
	s.stops = append(s.stops, func() error {
		_ = l.Close() // srv doesn't know it yet if it was stopped before Serve began
		err := srv.Close()
		if errors.Is(err, smtp.ErrServerClosed) || errors.Is(err, net.ErrClosed) {
			return nil
		}
		return err
	})
	return nil
}

// quietLog swallows what the servers report about single connections: faults make plenty of that.
func quietLog() *log.Logger { return log.New(io.Discard, "", 0) }

func (m *smtpServer) session(c *smtp.Conn) (smtp.Session, error) {
	return &smtpSession{m: m, c: c}, nil
}

// smtpSession is one connection's dialogue.
type smtpSession struct {
	m      *smtpServer
	c      *smtp.Conn
	authed bool
	taken  int // messages of this session
	from   string
	to     []string
}

// AuthMechanisms offers PLAIN.
func (d *smtpSession) AuthMechanisms() []string { return []string{sasl.Plain} }

// Auth checks the credentials' user name and password.
func (d *smtpSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		right := subtle.ConstantTimeCompare([]byte(password), []byte(d.m.s.keys.smtpPassword))
		if user != "budstikke" || right != 1 {
			return smtp.ErrAuthFailed
		}
		d.authed = true
		return nil
	}), nil
}

// Reset forgets the message in progress.
func (d *smtpSession) Reset() { d.from, d.to = "", nil }

// Logout ends the session.
func (d *smtpSession) Logout() error { return nil }

// Mail begins a message.
func (d *smtpSession) Mail(from string, _ *smtp.MailOptions) error {
	if d.m.s.cfg.SMTP.RequireAuth && !d.authed {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "Authentication required"}
	}
	limit := d.m.s.cfg.SMTP.MaxPerSession
	f, hit := d.m.switches.next("", func(f Fault) bool { return f.Mode == "421" && f.Match == "" && d.taken >= f.After })
	if hit || (limit > 0 && d.taken >= limit) {
		return d.refuse(421, f.Reason)
	}
	d.from = from
	return nil
}

// Rcpt adds a receiver.
func (d *smtpSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	if _, gone := d.m.switches.goneSince(to); gone {
		return d.refuse(550, "User unknown")
	}
	if f, hit := d.m.switches.next(to, func(f Fault) bool {
		return f.status() != 0 && !atData(f) && (f.Mode != "421" || f.Match != "")
	}); hit {
		return d.refuse(f.status(), f.Reason)
	}
	d.to = append(d.to, to)
	return nil
}

// atData says which faults concern the message as a whole.
func atData(f Fault) bool { return f.status() == 0 || f.Mode == "552" || f.Mode == "554" }

// Data takes the message.
func (d *smtpSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if !d.m.s.pause(d.m.switches.delay()) {
		return d.refuse(421, "shutting down")
	}
	for _, to := range d.to {
		f, hit := d.m.switches.next(to, atData)
		if !hit {
			continue
		}
		return d.meet(f, raw)
	}
	d.record(raw, false)
	return nil
}

// meet applies a fault to a whole message.
func (d *smtpSession) meet(f Fault, raw []byte) error {
	switch f.Mode {
	case ModeHang:
		d.hang()
	case ModeHangAfterAccept:
		d.record(raw, true)
		d.hang()
	case ModeReset, ModeExpiredCertificate:
		closeConn(d.c.Conn(), true)
	case ModeDropAfterAccept:
		d.record(raw, true)
		closeConn(d.c.Conn(), false)
	case ModeSlow:
		d.record(raw, false)
		d.wire().slow.Store(true)
		return nil
	default:
		return d.refuse(f.status(), f.Reason)
	}
	return io.ErrClosedPipe // nobody hears it
}

// hang waits until the client gives up or the sandbox stops; the server closes the connection then.
func (d *smtpSession) hang() {
	_, _ = io.Copy(io.Discard, d.wire().Conn)
	closeConn(d.c.Conn(), false)
}

// refuse answers an SMTP error; after 421 the server hangs up (RFC 5321, 3.8).
func (d *smtpSession) refuse(code int, text string) error {
	usual := map[int]string{421: "Too many messages in this session, closing", 450: "Mailbox busy, try again later", 451: "Local error, try again later",
		452: "Insufficient storage", 550: "User unknown", 552: "Message too large", 554: "Message refused"}
	if text == "" {
		if text = usual[code]; text == "" {
			text = "Refused"
		}
	}
	if code == 421 {
		d.wire().last.Store(true)
	}
	enhanced := smtp.EnhancedCode{code / 100, 0, 0}
	if code == 550 {
		enhanced = smtp.EnhancedCode{5, 1, 1} // no such mailbox (RFC 3463)
	}
	return &smtp.SMTPError{Code: code, EnhancedCode: enhanced, Message: text}
}

func (d *smtpSession) wire() *smtpWire {
	var c any = d.c.Conn()
	for {
		if w, ok := c.(*smtpWire); ok {
			return w
		}
		inner, ok := c.(interface{ NetConn() net.Conn })
		if !ok {
			return &smtpWire{} // cannot happen: every connection comes from smtpListener
		}
		c = inner.NetConn()
	}
}

// record puts one entry per receiver into the journal.
func (d *smtpSession) record(raw []byte, unanswered bool) {
	d.taken++
	message := Delivered{Provider: SMTP, Channel: Email, From: d.from, Peer: d.c.Conn().RemoteAddr().String(), Unanswered: unanswered, Raw: raw}
	if parsed, err := mail.ReadMessage(bytes.NewReader(raw)); err == nil {
		message.ID = strings.TrimSpace(parsed.Header.Get("Message-ID"))
	}
	if message.Key = message.ID; message.Key == "" {
		message.Key = contentKey(string(raw))
	}
	for _, to := range slices.Compact(d.to) {
		one := message
		one.To = to
		d.m.s.journal.add(one, readMail)
	}
}

// smtpListener wraps connections so that a session can end or slow down its own.
type smtpListener struct {
	net.Listener
	s *Sandbox
}

// Accept returns the next connection.
func (l *smtpListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &smtpWire{Conn: c, s: l.s}, nil
}

// smtpWire is a connection below SMTP and TLS.
type smtpWire struct {
	net.Conn
	s    *Sandbox
	last atomic.Bool // the next answer is the last one
	slow atomic.Bool // one byte per second
}

// NetConn returns the connection below.
func (w *smtpWire) NetConn() net.Conn { return w.Conn }

// Write sends b, slowly if asked to, and hangs up after a last answer.
func (w *smtpWire) Write(b []byte) (int, error) {
	if w.slow.Load() {
		for i := range b {
			if _, err := w.Conn.Write(b[i : i+1]); err != nil || !w.s.pause(time.Second) {
				return i, io.ErrClosedPipe
			}
		}
		return len(b), nil
	}
	n, err := w.Conn.Write(b)
	if w.last.Load() {
		_ = w.Conn.Close()
	}
	return n, err
}
