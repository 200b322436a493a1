package email

import (
	"context"
	"errors"

	gomail "github.com/wneessen/go-mail"

	"budstikke.example/notify"
)

// Sender sends notices by SMTP over a small pool of kept connections. It is safe for concurrent use.
type Sender struct {
	config Config
	mailer *gomail.Client // writes mails; it opens no connection of its own
	pool   *pool
}

// New checks the configuration and returns a Sender; it opens no connection. Every mistake is reported at once.
func New(c Config) (*Sender, error) {
	if problems := c.fill(); len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	// Without NOOP and RSET around every mail: two round trips saved, and a dead connection shows at MAIL all the same.
	mailer, err := gomail.NewClient(c.Host, gomail.WithTimeout(c.Timeout), gomail.WithHELO(c.HELO),
		gomail.WithoutNoop(), gomail.WithoutRset())
	if err != nil {
		return nil, errors.New("e-mail: the mail library refuses the configuration; check Host, HELO and Timeout")
	}
	return &Sender{config: c, mailer: mailer, pool: newPool(c)}, nil
}

// Send sends one mail and tells what became of it. It waits at most until ctx's deadline or Config.Timeout, and retries exactly once, on
// a fresh connection, when the server answered 421 or a kept connection turned out to be dead before the mail was handed over.
func (s *Sender) Send(ctx context.Context, m notify.Mail) notify.Result {
	msg, err := build(m, s.config, s.config.Now())
	switch {
	case errors.Is(err, errBadAddress):
		return notify.Result{Outcome: notify.EndpointGone, Reason: "bad_address"}
	case err != nil:
		return notify.Result{Outcome: notify.Refused, Reason: "bad_words"}
	}
	ctx, cancel := context.WithTimeout(ctx, s.config.Timeout)
	defer cancel()
	if !s.pool.enter(ctx) {
		return notify.Result{Outcome: notify.Unavailable, Reason: "no_connection_free"}
	}
	defer s.pool.leave()
	for attempt := 1; ; attempt++ {
		session, kept, err := s.pool.take(ctx, attempt > 1)
		if err != nil {
			return connectOutcome(err)
		}
		no, usable := session.send(ctx, s.mailer, msg)
		if usable {
			s.pool.put(session)
		} else {
			_ = session.conn.Close()
		}
		if no == nil {
			return notify.Result{Outcome: notify.Accepted, Status: 250, ProviderID: msg.GetMessageID()}
		}
		dropped := no.code == 421 || (no.code == 0 && kept)
		if attempt > 1 || !dropped || !no.beforeHandOver() || ctx.Err() != nil {
			return no.outcome()
		}
	}
}

// Close says QUIT on every kept connection. Mails on their way finish first, until ctx ends. Send after Close is Unavailable.
func (s *Sender) Close(ctx context.Context) error {
	s.pool.close(ctx)
	return nil
}
