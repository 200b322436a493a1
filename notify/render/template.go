package render

import (
	"embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"strings"
	"text/template"

	"budstikke.example/notify"
)

//go:embed templates/*.tmpl layout.html
var files embed.FS

// data is everything a template can put into words. A field that could hold content has no place here (B1); a test holds it to that.
type data struct {
	Link  string // where to look
	Token string // confirms an address; email_registered only
}

// key finds a notice.
type key struct {
	kind    notify.Kind
	locale  notify.Locale
	channel notify.Channel
}

// notice is a parsed template file.
type notice struct {
	title      string
	paragraphs []paragraph
}

// paragraph is one paragraph: words, or the link with its label, or the code.
type paragraph struct {
	words *template.Template
	label string // of the link
	token bool
}

// block is a paragraph ready to be shown.
type block struct{ Text, Label, Link, Token string }

var (
	notices = mustLoad()
	layout  = htmltemplate.Must(htmltemplate.ParseFS(files, "layout.html"))
)

// mustLoad parses the embedded templates; a broken one stops the process at start, and the tests before that.
func mustLoad() map[key]notice {
	entries, err := files.ReadDir("templates")
	if err != nil {
		panic(fmt.Sprintf("render: the embedded templates are unreadable: %v", err))
	}
	all := make(map[key]notice, len(entries))
	for _, entry := range entries {
		text, err := files.ReadFile("templates/" + entry.Name())
		if err != nil {
			panic(fmt.Sprintf("render: %s is unreadable: %v", entry.Name(), err))
		}
		k, n, err := parse(entry.Name(), string(text))
		if err != nil {
			panic(fmt.Sprintf("render: templates/%s: %v", entry.Name(), err))
		}
		all[k] = n
	}
	return all
}

// parse reads one template file.
func parse(name, text string) (key, notice, error) {
	parts := strings.Split(name, ".")
	if len(parts) != 4 || parts[3] != "tmpl" {
		return key{}, notice{}, errors.New("the name must be <kind>.<locale>.<channel>.tmpl")
	}
	k := key{notify.Kind(parts[0]), notify.Locale(parts[1]), notify.Channel(parts[2])}
	title, body, _ := strings.Cut(strings.TrimSpace(text), "\n")
	n := notice{title: strings.TrimSpace(title)}
	for p := range strings.SplitSeq(strings.TrimSpace(body), "\n\n") {
		p = strings.TrimSpace(p)
		label, isLink := strings.CutPrefix(p, "@link ")
		switch {
		case p == "":
			return k, n, errors.New("a title, an empty line and at least one paragraph are needed")
		case p == "@token":
			n.paragraphs = append(n.paragraphs, paragraph{token: true})
		case isLink:
			n.paragraphs = append(n.paragraphs, paragraph{label: label})
		default:
			t, err := template.New(name).Option("missingkey=error").Parse(p)
			if err != nil {
				return k, n, err
			}
			n.paragraphs = append(n.paragraphs, paragraph{words: t})
		}
	}
	return k, n, nil
}

// words fills the notice in.
func (n notice) words(locale notify.Locale, channel notify.Channel, about data) (notify.Words, error) {
	blocks := make([]block, 0, len(n.paragraphs))
	texts := make([]string, 0, len(n.paragraphs))
	for _, p := range n.paragraphs {
		b := block{Label: p.label}
		switch {
		case p.token:
			b.Token = about.Token
			texts = append(texts, about.Token)
		case p.words == nil:
			b.Link = about.Link
			texts = append(texts, p.label+":\n"+about.Link) // on a line of its own, so that mail programs make it clickable
		default:
			var out strings.Builder
			if err := p.words.Execute(&out, about); err != nil {
				return notify.Words{}, fmt.Errorf("render: %w", err)
			}
			b.Text = out.String()
			texts = append(texts, b.Text)
		}
		blocks = append(blocks, b)
	}
	w := notify.Words{Title: n.title, Text: strings.Join(texts, "\n\n"), Link: about.Link}
	if channel != notify.ChannelEmail {
		return w, nil
	}
	var out strings.Builder
	err := layout.Execute(&out, struct {
		Locale notify.Locale
		Title  string
		Blocks []block
	}{locale, n.title, blocks})
	if err != nil {
		return notify.Words{}, fmt.Errorf("render: %w", err)
	}
	w.HTML = out.String()
	return w, nil
}
