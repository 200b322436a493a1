// Package pages holds the pages that links in notices lead to when no app opens them: one confirms an e-mail address (H3), one says to open the app, and
// one stops routine mail or lets it come again. They say nothing about anybody (B1). The package does no input or output. Start reading at Confirm.
package pages

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"strings"
)

//go:embed page.html
var pageText string

//go:embed page.css
var style string

//go:embed confirm.js
var confirmScript string

//go:embed unsubscribe.js
var unsubscribeScript string

var page = template.Must(template.New("page").Parse(pageText))

// Page is a page with the policy that lets the browser run what is on it and nothing else.
type Page struct {
	HTML   []byte
	Policy string // Content-Security-Policy
}

// words are what a page says in one language.
type words struct {
	Lang, Title, Text, Button, Done, Expired, Failed string
	Again, AgainDone                                 string // a second button that takes the first one back
}

// Confirm returns the page that confirms an e-mail address. The token stands behind "#", where neither logs nor Referer headers see it; the
// page posts it when its reader taps the button, because mail scanners open links and must not confirm anything.
func Confirm(acceptLanguage string) Page { return render(confirmWords, acceptLanguage, confirmScript) }

// Open returns the page that says to open the app.
func Open(acceptLanguage string) Page { return render(openWords, acceptLanguage, "") }

// Unsubscribe returns the page of a mail's link that stops routine mail. It does nothing before a button is tapped, because mail scanners open links; its
// second button takes it back. Mail programs that unsubscribe with one tap do not come here (RFC 8058).
func Unsubscribe(acceptLanguage string) Page {
	return render(unsubscribeWords, acceptLanguage, unsubscribeScript)
}

func render(all map[string]words, acceptLanguage, script string) Page {
	var out bytes.Buffer
	w := all[language(acceptLanguage)]
	data := struct {
		words
		Style  template.CSS
		Script template.JS
	}{w, template.CSS(style), template.JS(script)} //nolint:gosec // both are compiled in
	if err := page.Execute(&out, data); err != nil {
		panic(err) // the template and its data are compiled in, and a test renders every page
	}
	policy := "default-src 'none'; style-src 'sha256-" + digest(style) + "'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
	if script != "" {
		policy += "; script-src 'sha256-" + digest(script) + "'; connect-src 'self'"
	}
	return Page{HTML: out.Bytes(), Policy: policy}
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// language picks the first language of an Accept-Language header that there are words in; English when there is none. Weights are not read:
// browsers list what they prefer first.
func language(accept string) string {
	for _, part := range strings.Split(accept, ",") {
		tag, _, _ := strings.Cut(strings.TrimSpace(part), ";")
		primary, _, _ := strings.Cut(strings.ToLower(tag), "-")
		if primary == "no" {
			primary = "nb"
		}
		if _, found := confirmWords[primary]; found {
			return primary
		}
	}
	return "en"
}
