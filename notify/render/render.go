package render

import (
	"errors"
	"net"
	"net/url"
	"strings"

	"github.com/google/uuid"

	"budstikke.example/notify"
)

// ErrNoWords is returned for a delivery whose kind, locale and channel have no template: a kind that its channel may not carry, or an
// unknown word. It is a fault of the code, not of the provider: the delivery is dead.
var ErrNoWords = errors.New("there are no words for this kind, language and channel; add the template to notify/render/templates")

var (
	errPublicURL    = errors.New("render: PublicURL must be an https address without query and fragment, such as https://budstikke.example")
	errConfirmToken = errors.New("render: Links.ConfirmToken is needed to ask for the confirmation of an address")
)

// Links says where notices point.
type Links struct {
	// PublicURL is the address of the app that opens links, without a slash at the end, such as https://budstikke.example. Up to 44
	// characters keep a text message in one segment.
	PublicURL string
	// ConfirmToken returns the secret by which the owner of an endpoint confirms it (H3). It is needed for email_registered only and
	// must return the same token for every attempt of one delivery.
	ConfirmToken func(endpoint uuid.UUID) string
}

// Check tells what is wrong with the links, for the start of a process; nil when nothing is.
func (l Links) Check() error {
	u, err := url.Parse(l.PublicURL)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil || strings.HasSuffix(l.PublicURL, "/") {
		return errPublicURL
	}
	if ip := net.ParseIP(u.Hostname()); u.Scheme != "https" && (u.Scheme != "http" || (u.Hostname() != "localhost" && !ip.IsLoopback())) {
		return errPublicURL
	}
	return nil
}

// Render returns the words of a delivery in the person's language (B1: who should look and where, nothing about anybody). It fails with
// ErrNoWords when no template fits, and with another error when Links cannot make the link. It does no input or output.
func Render(d notify.Delivery, links Links) (notify.Words, error) {
	if d.Kind == notify.KindSynthetic {
		return synthetic, nil
	}
	n, ok := notices[key{d.Kind, d.Locale, d.Channel}]
	if !ok {
		return notify.Words{}, ErrNoWords
	}
	if err := links.Check(); err != nil {
		return notify.Words{}, err
	}
	if d.Kind == notify.KindEmailRegistered { // holds a secret of its receiver, and is not kept
		about := data{}
		if links.ConfirmToken != nil {
			about.Token = links.ConfirmToken(d.Endpoint)
		}
		if about.Token == "" {
			return notify.Words{}, errConfirmToken
		}
		// Behind "#", because a fragment reaches neither logs nor Referer headers; the page posts it.
		about.Link = links.PublicURL + "/confirm-email#" + (&url.URL{Fragment: about.Token}).EscapedFragment()
		return n.words(d.Locale, d.Channel, about)
	}
	return again(text{key{d.Kind, d.Locale, d.Channel}, d.Subject, links.PublicURL}, func() (notify.Words, error) {
		return n.words(d.Locale, d.Channel, data{Link: links.PublicURL + "/open/" + string(d.Kind) + "/" + d.Subject.String()})
	})
}
