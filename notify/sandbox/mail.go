package sandbox

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"

	"golang.org/x/text/encoding/htmlindex"
)

// mailHeaders are the headers that the journal shows.
var mailHeaders = []string{"From", "To", "Cc", "Reply-To", "Date", "Message-ID", "In-Reply-To", "References", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Id",
	"Auto-Submitted", "Precedence", "X-Auto-Response-Suppress", "Importance", "X-Priority", "Content-Language", "Feedback-ID"}

var words = mime.WordDecoder{CharsetReader: charsetReader}

func charsetReader(charset string, r io.Reader) (io.Reader, error) {
	enc, err := htmlindex.Get(charset)
	if err != nil {
		return nil, err
	}
	return enc.NewDecoder().Reader(r), nil
}

// readMail fills in subject, parts and headers. What cannot be read stays in Raw, and the header "unreadable" says why.
func readMail(d *Delivered) {
	m, err := mail.ReadMessage(bytes.NewReader(d.Raw))
	if err != nil {
		d.Headers = append(d.Headers, Header{"unreadable", err.Error()})
		return
	}
	for _, name := range mailHeaders {
		if v := m.Header.Get(name); v != "" {
			d.Headers = append(d.Headers, Header{name, decodeWords(v)})
		}
	}
	for name := range m.Header {
		if strings.HasPrefix(name, "X-Budstikke-") {
			d.Headers = append(d.Headers, Header{name, decodeWords(m.Header.Get(name))})
		}
	}
	d.Title = decodeWords(m.Header.Get("Subject"))
	if from := m.Header.Get("From"); from != "" {
		d.From = decodeWords(from)
	}
	if err := readPart(d, m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), "", m.Body, 0); err != nil {
		d.Headers = append(d.Headers, Header{"unreadable", err.Error()})
	}
}

func decodeWords(v string) string {
	if out, err := words.DecodeHeader(v); err == nil {
		return out
	}
	return v
}

// readPart reads a part of a mail: the first text and the first HTML count, attachments are named.
func readPart(d *Delivered, contentType, transfer, disposition string, body io.Reader, depth int) error {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		kind, params = "text/plain", nil
	}
	if strings.HasPrefix(kind, "multipart/") && depth < 10 {
		parts := multipart.NewReader(body, params["boundary"])
		for {
			p, err := parts.NextRawPart()
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
			h := p.Header
			if err := readPart(d, h.Get("Content-Type"), h.Get("Content-Transfer-Encoding"), h.Get("Content-Disposition"), p, depth+1); err != nil {
				return err
			}
		}
	}
	if how, p, _ := mime.ParseMediaType(disposition); how == "attachment" {
		d.Headers = append(d.Headers, Header{"attachment", decodeWords(p["filename"]) + " (" + kind + ")"})
		return nil
	}
	switch strings.ToLower(strings.TrimSpace(transfer)) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	if cs := params["charset"]; cs != "" && !strings.EqualFold(cs, "utf-8") {
		if body, err = charsetReader(cs, body); err != nil {
			return err
		}
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	switch {
	case kind == "text/html" && d.HTML == "":
		d.HTML = string(text)
	case kind == "text/plain" && d.Body == "":
		d.Body = strings.ReplaceAll(string(text), "\r\n", "\n")
	}
	return nil
}
