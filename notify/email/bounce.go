package email

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"strings"
)

// The limits of a report. Reports are small; what is larger is cut, and what then cannot be read is no report.
const (
	maxReport  = 1 << 20
	maxParts   = 20
	maxBlocks  = 50 // receivers that one report tells of; our mails have one
	maxAddress = 20 // candidates for a token
)

// ErrNoReport is returned for a mail that is no delivery status notification (RFC 3464), or one that cannot be read.
var ErrNoReport = errors.New("email: this is no delivery report")

// Report is what a mail server says later about a mail that it, or one before it, had taken (RFC 3464). Nothing of it is proved but by a token.
type Report struct {
	// Tokens are the words that may name the delivery: from the address that the report came to, and from the Message-ID of the mail that it is about.
	// Anybody can write them; whoever made them has to read them.
	Tokens []string
	// Failed tells that the mail will not arrive: action failed. A delay, or a success, is none.
	Failed bool
	// Gone tells that it never will, because there is no such address: status 5.1.1, 5.1.2, 5.1.3, 5.1.6 or 5.1.10. A full mailbox, a mail that was too
	// large or taken for spam says nothing of the address.
	Gone bool
	// Status is the enhanced status code, such as 5.1.1; "" for none that is well-formed.
	Status string
}

// ReadReport reads a mail as a report about one of ours. Errors: ErrNoReport.
func ReadReport(r io.Reader) (Report, error) {
	m, err := mail.ReadMessage(bufio.NewReader(io.LimitReader(r, maxReport)))
	if err != nil {
		return Report{}, ErrNoReport
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/report" || !strings.EqualFold(params["report-type"], "delivery-status") || params["boundary"] == "" {
		return Report{}, ErrNoReport
	}
	var report Report
	for _, name := range []string{"Delivered-To", "X-Original-To", "To"} {
		for _, value := range m.Header[textproto.CanonicalMIMEHeaderKey(name)] {
			report.mention(value)
		}
	}
	told := false
	parts := multipart.NewReader(m.Body, params["boundary"])
	for range maxParts {
		part, err := parts.NextRawPart()
		if err != nil {
			break // the end, or what was cut off: what was read counts
		}
		kind, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type"))
		body := decoded(part.Header.Get("Content-Transfer-Encoding"), part)
		switch kind {
		case "message/delivery-status", "message/global-delivery-status":
			if told {
				return Report{}, ErrNoReport // which of the two counts is for nobody to guess
			}
			told = report.status(body)
		case "message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers":
			if header, err := fields(bufio.NewReader(body)); err == nil || len(header) > 0 {
				report.mention(strings.Trim(header.Get("Message-Id"), "<> "))
			}
		}
	}
	if !told {
		return Report{}, ErrNoReport
	}
	return report, nil
}

// status reads what a report says of its receivers. Our mails have one each; a report of several that do not agree says nothing.
func (r *Report) status(body io.Reader) (told bool) {
	in := bufio.NewReader(body)
	if _, err := fields(in); err != nil { // about the mail as a whole
		return false
	}
	for range maxBlocks {
		block, err := fields(in)
		if action := strings.ToLower(strings.TrimSpace(block.Get("Action"))); action != "" {
			failed, status := action == "failed", enhanced(block.Get("Status"))
			if told && (failed != r.Failed || status != r.Status) {
				return false
			}
			told, r.Failed, r.Status = true, failed, status
		}
		if err != nil {
			break
		}
	}
	r.Gone = r.Failed && noSuchAddress(r.Status)
	return told
}

// fields reads header fields up to the next empty line, passing over empty lines before them.
func fields(in *bufio.Reader) (textproto.MIMEHeader, error) {
	for {
		next, err := in.Peek(1)
		if err != nil || (next[0] != '\r' && next[0] != '\n') {
			break
		}
		_, _ = in.ReadByte() // it was peeked at
	}
	return textproto.NewReader(in).ReadMIMEHeader()
}

// enhanced takes the code out of a Status field: three numbers, and perhaps a comment.
func enhanced(field string) string {
	code, _, _ := strings.Cut(strings.TrimSpace(field), " ")
	numbers := strings.Split(code, ".")
	if len(numbers) != 3 || len(code) > 9 || strings.Trim(code, "0123456789.") != "" || len(numbers[0]) != 1 || numbers[1] == "" || numbers[2] == "" {
		return ""
	}
	return code
}

// mention collects what may be a token in addresses: what stands between the last plus and the at sign, or all before the at sign.
func (r *Report) mention(text string) {
	for one := range strings.SplitSeq(text, ",") {
		at := strings.LastIndexByte(one, '@')
		if at < 0 || len(r.Tokens) >= maxAddress {
			return
		}
		local := strings.TrimLeft(strings.TrimSpace(one[:at]), "<")
		if plus := strings.LastIndexByte(local, '+'); plus >= 0 {
			local = local[plus+1:]
		}
		if local != "" && len(local) <= 64 {
			r.Tokens = append(r.Tokens, local)
		}
	}
}

// decoded takes off the encoding of a part.
func decoded(encoding string, body io.Reader) io.Reader {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "base64":
		return base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		return quotedprintable.NewReader(body)
	}
	all, _ := io.ReadAll(body) // bounded by the report
	return bytes.NewReader(all)
}
