package sandbox

import (
	"embed"
	"net/http"
	"strings"
)

//go:embed page
var pageFiles embed.FS

// pagePolicy lets the page use its own style and script, talk to its own server and frame its own mails, and nothing else.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// mailPolicy shows a mail without scripts, forms or anything from the network; its links open in a new tab.
const mailPolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"

// pageRoutes serves the inbox for people.
func (c *controlServer) pageRoutes(mux *http.ServeMux) {
	file := func(name, kind string) http.HandlerFunc {
		body, err := pageFiles.ReadFile("page/" + name)
		return func(w http.ResponseWriter, _ *http.Request) {
			if err != nil { // only if the binary was built without the folder
				problem(w, http.StatusNotFound, "no such page")
				return
			}
			w.Header().Set("Content-Type", kind+"; charset=utf-8")
			w.Header().Set("Content-Security-Policy", pagePolicy)
			_, _ = w.Write(body)
		}
	}
	mux.HandleFunc("GET /{$}", file("page.html", "text/html"))
	mux.HandleFunc("GET /page.css", file("page.css", "text/css"))
	mux.HandleFunc("GET /page.js", file("page.js", "text/javascript"))
	mux.HandleFunc("GET /bankid.js", file("bankid.js", "text/javascript"))
	mux.HandleFunc("GET /journal/{seq}/html", c.mail)
}

// mail shows the HTML part of a mail by itself, for the page's frame.
func (c *controlServer) mail(w http.ResponseWriter, r *http.Request) {
	d, ok := c.delivery(w, r)
	if !ok {
		return
	}
	if d.HTML == "" {
		problem(w, http.StatusNotFound, "this delivery has no HTML part")
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", mailPolicy)
	_, _ = w.Write([]byte(newTabs(d.HTML)))
}

// newTabs makes links open outside the frame. The mail itself is left as it came.
func newTabs(html string) string {
	const base = `<base target="_blank">`
	if i := strings.Index(strings.ToLower(html), "<head"); i >= 0 {
		if j := strings.IndexByte(html[i:], '>'); j >= 0 {
			return html[:i+j+1] + base + html[i+j+1:]
		}
	}
	if i := strings.Index(strings.ToLower(html), "<html"); i >= 0 {
		if j := strings.IndexByte(html[i:], '>'); j >= 0 {
			return html[:i+j+1] + "<head>" + base + "</head>" + html[i+j+1:]
		}
	}
	return base + html
}
