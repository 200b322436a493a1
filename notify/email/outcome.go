package email

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/textproto"
	"regexp"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"budstikke.example/notify"
)

// stage is how far a mail had come when the server said no.
type stage int

const (
	stageConnect  stage = iota // greeting, TLS, sign-in
	stageSender                // MAIL FROM: about us, not about the receiver
	stageReceiver              // RCPT TO
	stageData                  // DATA and the mail itself, before its last line
	stageAnswer                // after the last line: the server may have taken it
)

// reply is a server's no.
type reply struct {
	stage    stage
	code     int    // 0 when the server said nothing: the connection broke or time ran out
	enhanced string // such as 5.1.1; "" when there was none
	err      error
}

// enhancedCode finds the enhanced status code behind the reply code. go-mail reads it only when the server announces
// ENHANCEDSTATUSCODES, and many send it without.
var enhancedCode = regexp.MustCompile(`\b[45]\d\d[ -]"?([45]\.\d{1,3}\.\d{1,3})\b`)

// replyOf reads what a failed send tells. cause is the connection's own fault, if it had one: go-mail keeps only its words.
func replyOf(err, cause error) reply {
	r := reply{stage: stageAnswer, err: cause}
	var failed *gomail.SendError
	if !errors.As(err, &failed) {
		return r
	}
	r.code, r.enhanced = failed.ErrorCode(), failed.EnhancedStatusCode()
	if found := enhancedCode.FindStringSubmatch(failed.Error()); r.enhanced == "" && found != nil {
		r.enhanced = found[1]
	}
	switch failed.Reason {
	case gomail.ErrSMTPMailFrom, gomail.ErrConnCheck, gomail.ErrGetSender:
		r.stage = stageSender
	case gomail.ErrSMTPRcptTo, gomail.ErrGetRcpts:
		r.stage = stageReceiver
	case gomail.ErrSMTPData, gomail.ErrWriteContent, gomail.ErrNoUnencoded:
		r.stage = stageData // without its last line no server delivers a mail
	}
	return r
}

// beforeHandOver tells whether the mail has certainly not been taken, so that it may be sent again at once.
func (r reply) beforeHandOver() bool { return r.stage != stageAnswer || r.code != 0 }

// outcome tells what a reply means for the delivery.
func (r reply) outcome() notify.Result {
	result := notify.Result{Status: r.code, Reason: r.enhanced}
	switch {
	case r.code == 0 && r.stage == stageAnswer:
		result.Outcome, result.Reason = notify.Unknown, failureWord(r.err, "no_answer")
	case r.code == 0:
		result.Outcome, result.Reason = notify.Unavailable, failureWord(r.err, "connection_lost")
	case r.code == 530, r.code == 534, r.code == 535, r.code == 538:
		result.Outcome = notify.Misconfigured // sign in, or sign in differently
	case r.code == 421, r.code < 500 && strings.HasPrefix(r.enhanced, "4.7."):
		result.Outcome = notify.Throttled
	case r.code < 500:
		result.Outcome = notify.Unavailable
	case r.stage == stageSender, r.enhanced == "5.1.7", r.enhanced == "5.1.8":
		result.Outcome = notify.Misconfigured // our own sender address is refused: it would be for every mail
	case r.stage == stageReceiver && noSuchAddress(r.enhanced):
		result.Outcome = notify.EndpointGone
	default:
		result.Outcome = notify.Refused
	}
	return result
}

// noSuchAddress tells whether an enhanced status code says that there is no such address and never will be. A full mailbox, a mail that was too large or taken
// for spam, and an address that two people have (5.1.4) say nothing of the kind.
func noSuchAddress(code string) bool {
	switch code {
	case "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10":
		return true
	}
	return false
}

// connectOutcome tells what a failed connection means: an operator must act when sign-in or TLS is refused, otherwise time may help.
func connectOutcome(err error) notify.Result {
	var said *textproto.Error
	if errors.As(err, &said) {
		r := reply{stage: stageConnect, code: said.Code}
		if found := enhancedCode.FindStringSubmatch(said.Error()); found != nil {
			r.enhanced = found[1]
		}
		result := r.outcome()
		if said.Code >= 500 {
			result.Outcome = notify.Misconfigured // 554 at the greeting, 5xx at sign-in: they do not want us
		}
		return result
	}
	var verify *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &verify), errors.As(err, &authority), errors.As(err, &record), errors.Is(err, errNoTLS):
		return notify.Result{Outcome: notify.Misconfigured, Reason: "tls_refused"}
	case errors.Is(err, errNoAuth):
		return notify.Result{Outcome: notify.Misconfigured, Reason: "auth_not_offered"}
	}
	return notify.Result{Outcome: notify.Unavailable, Reason: failureWord(err, "not_reached")}
}

// failureWord turns an error into a machine word. The error's own text is dropped: it holds the receiver's address.
func failureWord(err error, otherwise string) string {
	var timeout net.Error
	switch {
	case errors.Is(err, context.Canceled):
		return "cancelled"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	}
	return otherwise
}
