package email

import (
	"errors"
	"net/mail"
	"net/url"
	"strings"
	"time"
	"unicode"

	gomail "github.com/wneessen/go-mail"

	"budstikke.example/notify"
)

var (
	errBadAddress = errors.New("email: the address is malformed")
	errBadWords   = errors.New("email: the words hold a control character or are empty")
)

// build makes the mail of a delivery. It fails with errBadAddress when nothing can ever be sent to the address, and with errBadWords when
// a line break or another control character stands where a header would be made of it.
func build(m notify.Mail, c Config, now time.Time) (*gomail.Msg, error) {
	d := m.Delivery
	to, err := mail.ParseAddress(d.Address)
	if err != nil || to.Address != d.Address || hasControl(d.Address) {
		return nil, errBadAddress
	}
	if m.Words.Title == "" || m.Words.Text == "" || hasControl(m.Words.Title) {
		return nil, errBadWords
	}
	from, err := mail.ParseAddress(c.From)
	if err != nil {
		return nil, errBadWords
	}
	msg := gomail.NewMsg(gomail.WithCharset(gomail.CharsetUTF8), gomail.WithEncoding(gomail.EncodingQP), gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(from)
	msg.ToMailAddress(&mail.Address{Address: to.Address})
	msg.Subject(m.Words.Title)
	msg.SetDateWithValue(now)
	name := d.ID.String()
	if c.BounceToken != nil {
		name = c.BounceToken(d)
	}
	msg.SetMessageIDWithValue(name + "@" + c.MessageIDDomain)
	if at := strings.LastIndexByte(c.BounceTo, '@'); at > 0 {
		if err := msg.EnvelopeFrom(c.BounceTo[:at] + "+" + name + c.BounceTo[at:]); err != nil {
			return nil, errBadWords
		}
	}
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetGenHeader(gomail.HeaderXAutoResponseSuppress, "All") // Exchange's spelling of the same wish
	msg.SetGenHeader(gomail.HeaderContentLang, string(d.Locale))
	if d.Urgency == notify.UrgencyCritical {
		msg.SetImportance(gomail.ImportanceHigh)
	}
	if unsubscribable(d) && c.UnsubscribeURL != "" {
		// In one line, however long: a folded List-Unsubscribe breaks the DKIM signature of some relays.
		msg.SetGenHeaderPreformatted(gomail.HeaderListUnsubscribe, "<"+c.UnsubscribeURL+"/"+url.PathEscape(c.UnsubscribeToken(d))+">")
		msg.SetGenHeader(gomail.HeaderListUnsubscribePost, "List-Unsubscribe=One-Click")
	}
	msg.SetBodyString(gomail.TypeTextPlain, m.Words.Text)
	if m.Words.HTML != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, m.Words.HTML)
	}
	return msg, nil
}

// unsubscribable tells whether a mail may be switched off with one click: routine mail may, safety notices never (B1), and an address that
// waits for its confirmation has nothing to switch off yet (H3).
func unsubscribable(d notify.Delivery) bool {
	urgency, known := notify.KindUrgency(d.Kind)
	return known && urgency == notify.UrgencyRoutine && d.Urgency == notify.UrgencyRoutine && d.Kind != notify.KindEmailRegistered
}

// hasControl tells whether a text holds a control character; a line break in a header would start a header of somebody else's choice.
func hasControl(s string) bool { return strings.ContainsFunc(s, unicode.IsControl) }
