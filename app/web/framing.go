package web

import (
	"bytes"
	"net/http"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// once are the headers that say where a request ends, whom it is for and how its body is to be read.
var once = [...]string{fiber.HeaderHost, fiber.HeaderContentLength, fiber.HeaderTransferEncoding, fiber.HeaderContentType, fiber.HeaderContentEncoding}

// The places in once of those that mean something together.
const host, length, coding = 0, 1, 2

// framed refuses what a proxy in front of us could read differently than we do (RFC 9112, sections 3.2, 5.2 and 6.3): two lengths, a length beside
// chunks, a coding that nobody undoes. The HTTP server takes the last of several and goes on; a caller could hide a second request in the body of the first,
// past whatever the proxy checks or in front of somebody else's request on the same connection. The connection ends with the refusal, and with it
// whatever stands behind.
func (s *Server) framed(next fasthttp.RequestHandler) fasthttp.RequestHandler {
	return func(request *fasthttp.RequestCtx) {
		if plainlyFramed(&request.Request.Header) {
			next(request)
			return
		}
		method := "-"
		if slices.Contains(fiber.DefaultMethods, string(request.Method())) {
			method = string(request.Method())
		} else {
			request.Request.Header.SetMethod(http.MethodGet) // as in knownMethods
		}
		c := s.app.AcquireCtx(request)
		defer s.app.ReleaseCtx(c)
		s.recordOf(c).method = method
		_ = s.refused(c, fiber.ErrBadRequest)
		request.SetConnectionClose()
	}
}

// plainlyFramed reads the headers as they came: parsed ones have lost what was said twice.
func plainlyFramed(header *fasthttp.RequestHeader) bool {
	var seen [len(once)]bool
	for line := range bytes.Lines(header.RawHeaders()) {
		line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
		if len(line) == 0 {
			continue
		}
		name, value, found := bytes.Cut(line, []byte(":"))
		if !found || bytes.ContainsFunc(line, controls) || line[0] == ' ' || line[0] == '\t' { // the latter: a line that goes on in the next
			return false
		}
		i := slices.IndexFunc(once[:], func(one string) bool { return strings.EqualFold(one, string(name)) })
		if i < 0 {
			continue
		}
		if seen[i] || i == coding && !strings.EqualFold(string(bytes.TrimSpace(value)), "chunked") {
			return false
		}
		seen[i] = true
	}
	if seen[coding] && (seen[length] || !header.IsHTTP11()) {
		return false
	}
	return seen[host] || !header.IsHTTP11()
}

func controls(r rune) bool { return r < ' ' && r != '\t' || r == 0x7F }
