// Package docs renders the API reference: one page, made from the contract at start, with its style and its few lines of script inside and
// nothing fetched from anywhere. It may open the contract only. Start reading at Render.
package docs

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"strings"

	"budstikke.example/app/web/contract"
)

//go:embed page.html
var pageSource string

//go:embed page.css
var style string

//go:embed page.js
var script string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{"lines": paragraphs}).Parse(pageSource))

// Page is the rendered reference.
type Page struct {
	HTML []byte
	// Policy is the page's Content-Security-Policy: it may run and show what is inside it, by digest, and fetch nothing.
	Policy string
}

// Render makes the page. An error means that an example of the contract cannot be shown as JSON.
func Render(c *contract.Contract) (*Page, error) {
	rooms, err := roomsOf(c)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = pageTemplate.Execute(&out, map[string]any{
		"Title": c.Document.Info.Title, "Version": c.Document.Info.Version, "Introduction": c.Document.Info.Description, "Rooms": rooms,
		"Style": template.CSS(style), "Script": template.JS(script), //nolint:gosec // both are compiled in
	})
	if err != nil {
		return nil, fmt.Errorf("docs: %w", err)
	}
	policy := fmt.Sprintf("default-src 'none'; style-src %s; script-src %s; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
		digest(style), digest(script))
	return &Page{HTML: out.Bytes(), Policy: policy}, nil
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// paragraphs renders the little Markdown that the contract uses: blank lines, **strong** and `code`.
func paragraphs(text string) template.HTML {
	var out strings.Builder
	for _, paragraph := range strings.Split(strings.TrimSpace(text), "\n\n") {
		out.WriteString("<p>" + inline(paragraph) + "</p>")
	}
	return template.HTML(out.String()) //nolint:gosec // inline escapes everything it is given
}

func inline(text string) string {
	text = template.HTMLEscapeString(text)
	text = pairs(text, "**", "strong")
	return pairs(text, "`", "code")
}

// pairs puts what stands between two marks into an element; a mark without a partner stays as it is.
func pairs(text, mark, element string) string {
	parts := strings.Split(text, mark)
	var out strings.Builder
	for i, part := range parts {
		switch {
		case i%2 == 0:
			out.WriteString(part)
		case i == len(parts)-1:
			out.WriteString(mark + part)
		default:
			out.WriteString("<" + element + ">" + part + "</" + element + ">")
		}
	}
	return out.String()
}
