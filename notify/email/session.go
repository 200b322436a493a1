package email

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

var (
	errNoTLS  = errors.New("email: the server does not offer STARTTLS")
	errNoAuth = errors.New("email: the server offers no way to sign in that we know")
)

// session is one signed-in connection. One goroutine uses it at a time.
type session struct {
	conn   *boundConn
	client *smtp.Client
	mails  int         // sent or tried over it
	idle   *time.Timer // closes it when nobody needs it
}

// connect opens a connection, protects it and signs in.
func connect(ctx context.Context, c Config) (*session, error) {
	raw, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(c.Host, strconv.Itoa(c.Port)))
	if err != nil {
		return nil, err
	}
	s := &session{conn: &boundConn{Conn: raw}}
	end := s.conn.begin(ctx)
	err = s.open(c)
	if cancelled := end(); err == nil && cancelled {
		err = ctx.Err()
	}
	if err != nil {
		_ = raw.Close()
		return nil, err
	}
	return s, nil
}

func (s *session) open(c Config) error {
	config := &tls.Config{ServerName: c.Host, RootCAs: c.RootCAs, MinVersion: tls.VersionTLS12}
	var conn net.Conn = s.conn
	if c.TLS == TLSImplicit {
		conn = tls.Client(s.conn, config)
	}
	var err error
	if s.client, err = smtp.NewClient(conn, c.Host); err != nil {
		return err
	}
	if err := s.client.Hello(c.HELO); err != nil {
		return err
	}
	if c.TLS == TLSMandatory {
		if offered, _ := s.client.Extension("STARTTLS"); !offered {
			return errNoTLS // going on in plain text is what an attacker who hides the offer wants
		}
		if err := s.client.StartTLS(config); err != nil {
			return err
		}
	}
	if c.Username == "" {
		return nil
	}
	auth, err := chooseAuth(s.client, c)
	if err != nil {
		return err
	}
	return s.client.Auth(auth)
}

// chooseAuth takes the best way to sign in that the server offers.
func chooseAuth(client *smtp.Client, c Config) (smtp.Auth, error) {
	_, offered := client.Extension("AUTH")
	mechanisms := strings.Fields(strings.ToUpper(offered))
	plainText := c.TLS == TLSNone // loopback only
	switch {
	case slices.Contains(mechanisms, "SCRAM-SHA-256"):
		return smtp.ScramSHA256Auth(c.Username, c.Password), nil
	case slices.Contains(mechanisms, "PLAIN"):
		return smtp.PlainAuth("", c.Username, c.Password, c.Host, plainText), nil
	case slices.Contains(mechanisms, "LOGIN"):
		return smtp.LoginAuth(c.Username, c.Password, c.Host, plainText), nil
	}
	return nil, errNoAuth
}

// send hands one mail over. nil means that the server took it; usable tells whether the session may carry another one.
func (s *session) send(ctx context.Context, mailer *gomail.Client, msg *gomail.Msg) (no *reply, usable bool) {
	s.mails++
	end := s.conn.begin(ctx)
	err := mailer.SendWithSMTPClient(s.client, msg)
	if err == nil {
		return nil, !end()
	}
	r := replyOf(err, s.conn.lastFault())
	usable = r.code != 0 && r.code != 421
	if usable {
		// go-mail leaves a transaction open when DATA is refused; the next MAIL would be answered 503 nested MAIL.
		usable = s.client.Reset() == nil
	}
	return &r, !end() && usable
}

// quit says goodbye, for at most two seconds, and closes the connection.
func (s *session) quit() {
	_ = s.conn.SetDeadline(time.Now().Add(2 * time.Second))
	_ = s.client.Quit()
	_ = s.conn.Close()
}
