package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"budstikke.example/app"
	"budstikke.example/app/live"
	"budstikke.example/app/postgres"
	"budstikke.example/app/web/contract"
)

const (
	problemMedia = "application/problem+json"
	problemType  = "https://budstikke.example/problems/"
)

// Kinds of fault that only the rim meets.
const (
	tooLarge app.FaultKind = -1 - iota
	unsupportedMedia
	internal
)

// kinds is the one place where a fault gets its status.
var kinds = map[app.FaultKind]struct {
	status int
	title  string
}{
	app.Malformed:       {http.StatusBadRequest, "The request does not fit the contract"},
	app.Unauthenticated: {http.StatusUnauthorized, "Nobody is signed in"},
	app.NotFound:        {http.StatusNotFound, "It does not exist, or it is not yours to see"},
	app.Conflict:        {http.StatusConflict, "It cannot be done as things stand"},
	app.Outdated:        {http.StatusPreconditionFailed, "Somebody changed it since you read it"},
	tooLarge:            {http.StatusRequestEntityTooLarge, "The body is too large"},
	unsupportedMedia:    {http.StatusUnsupportedMediaType, "The body is of another type than the contract says"},
	app.Unprocessable:   {http.StatusUnprocessableEntity, "It is understood and cannot be done"},
	app.VersionMissing:  {http.StatusPreconditionRequired, "If-Match is missing"},
	app.TooMany:         {http.StatusTooManyRequests, "Too many tries"},
	internal:            {http.StatusInternalServerError, "Something went wrong on our side"},
	app.Unavailable:     {http.StatusServiceUnavailable, "We cannot do it at this moment"},
}

// titles are those of the codes whose kind says less than they do, or something else: whoever is asked for a PIN is signed in.
var titles = map[string]string{
	"step_up_required":  "A fresh, strong sign-in is asked for",
	"pin_required":      "A PIN is asked for",
	"pin_wrong":         "The PIN is not right",
	"pin_locked":        "The PIN is locked",
	"sign_in_failed":    "The sign-in did not succeed",
	"activation_failed": "The activation did not succeed",
	"refresh_refused":   "The session could not be prolonged",
	"signature_invalid": "The signature is not right",
}

// titleOf is what a fault is called.
func titleOf(fault *app.Fault) string {
	if own, ok := titles[fault.Code]; ok {
		return own
	}
	return kinds[fault.Kind].title
}

// Faults of the rim's own.
var (
	errTooLarge = &app.Fault{Kind: tooLarge, Code: "body_too_large", Detail: "The request is too large."}
	errMedia    = &app.Fault{Kind: unsupportedMedia, Code: "media_type_not_supported", Detail: "Send the body as application/json."}
	errInternal = &app.Fault{Kind: internal, Code: "internal", Detail: "Something went wrong on our side. It was noted; try again later."}
	errGarbled  = &app.Fault{Kind: app.Malformed, Code: "request_invalid", Detail: "The request is not HTTP that we can read."}
)

// defaultRetry is how long a caller should wait before trying again what is unavailable, when nobody knows better.
const defaultRetry = 2 * time.Second

// problem is the document of RFC 9457. The schema Problem of the contract describes it.
type problem struct {
	Type   string         `json:"type"`
	Title  string         `json:"title"`
	Status int            `json:"status"`
	Code   string         `json:"code"`
	Detail string         `json:"detail"`
	Fields []problemField `json:"fields,omitempty"`
	Review *review        `json:"review,omitempty"`

	Recipients *recipients `json:"recipients,omitempty"`
}

type recipients struct {
	Previewed int `json:"previewed"`
	Now       int `json:"now"`
}

type problemField struct {
	Pointer string `json:"pointer"`
	Detail  string `json:"detail"`
}

// answer turns whatever came out of a flow into an answer: an earlier answer, a stream, or a problem. Headers that the flow had set are gone.
func (s *Server) answer(c *fiber.Ctx, r *record, err error) {
	c.Response().Reset()
	s.dress(c, r)
	var replay *postgres.Replay
	if errors.As(err, &replay) {
		if err = errors.Join(s.replay(c, replay.Answer), s.cut(c, r)); err == nil {
			return
		}
		c.Response().Reset()
		s.dress(c, r)
	}
	var stream *live.Stream
	if errors.As(err, &stream) {
		flow(c, stream)
		return
	}
	fault := known(err, c.UserContext().Err())
	switch {
	case fault == errInternal:
		s.note(r, slog.LevelError, "internal error", err)
	case fault == app.ErrUnavailable && !errors.Is(err, app.ErrUnavailable):
		s.note(r, slog.LevelWarn, "unavailable", err)
	}
	if fault == errTooLarge {
		fault = &app.Fault{Kind: tooLarge, Code: fault.Code, Detail: fmt.Sprintf("The request is too large: its body may have %d bytes at most.", s.config.BodyLimit)}
	}
	write(c, fault)
}

// known finds the fault in an error. An error that nobody foresaw is errInternal, and nothing of it reaches the caller. ended is why the
// request's context has ended, nil if it has not.
func known(err, ended error) *app.Fault {
	var fault *app.Fault
	var refused *fiber.Error
	switch {
	case errors.As(err, &fault):
		if _, ok := kinds[fault.Kind]; !ok || fault.Kind == internal {
			return errInternal
		}
		if fault.Kind == app.NotFound {
			return app.ErrNotFound // byte for byte the same, whatever the reason
		}
		return fault
	case errors.Is(err, contract.ErrMediaType):
		return errMedia
	case errors.As(err, &refused):
		return ofServer(refused)
	case unavailable(err, ended):
		return app.ErrUnavailable
	}
	return errInternal
}

// ofServer translates the refusals of Fiber and of the HTTP server below it.
func ofServer(refused *fiber.Error) *app.Fault {
	switch refused.Code {
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		return app.ErrNotFound
	case http.StatusRequestEntityTooLarge:
		return errTooLarge
	case http.StatusRequestTimeout, http.StatusBadGateway:
		return app.ErrUnavailable // the request came too slowly or broke off: to be sent again, so no refusal
	case http.StatusBadRequest, http.StatusRequestHeaderFieldsTooLarge:
		return errGarbled
	}
	return errInternal
}

func write(c *fiber.Ctx, fault *app.Fault) {
	kind := kinds[fault.Kind]
	document := problem{
		Type: problemType + fault.Code, Title: titleOf(fault), Status: kind.status, Code: fault.Code, Detail: fault.Detail, Review: reviewOf(fault.Review),
	}
	for _, field := range fault.Fields {
		document.Fields = append(document.Fields, problemField(field))
	}
	if fault.Recipients != nil {
		changed := recipients(*fault.Recipients)
		document.Recipients = &changed
	}
	body, err := json.Marshal(document)
	if err != nil { // a struct of strings and numbers: cannot happen, and must not take the answer with it
		body = []byte("{}")
	}
	if fault.Kind == app.Unauthenticated {
		c.Set(fiber.HeaderWWWAuthenticate, challenge(fault))
	}
	if wait := fault.RetryAfter; wait > 0 || fault.Kind == app.Unavailable {
		if wait <= 0 {
			wait = defaultRetry
		}
		c.Set(fiber.HeaderRetryAfter, strconv.FormatInt(int64((wait+time.Second-1)/time.Second), 10))
	}
	c.Set(fiber.HeaderContentType, problemMedia)
	c.Status(kind.status)
	c.Response().SetBody(body)
}

// challenge says how to be let in: by any session, or by one that is proved better or later (RFC 9470).
func challenge(fault *app.Fault) string {
	if fault.StepUp == nil {
		return "Bearer"
	}
	return fmt.Sprintf(`Bearer error="insufficient_user_authentication", error_description=%q, acr_values=%q, max_age="%d"`,
		fault.Detail, fault.StepUp.Assurance, int64(fault.StepUp.MaxAge.Seconds()))
}

// note logs an error that the caller learns nothing of, once, with the number of the request that the caller has too.
func (s *Server) note(r *record, level slog.Level, message string, err error) {
	attributes := []slog.Attr{slog.String("request_id", r.id), slog.String("route", r.route), slog.String("error", plain(err))}
	var p *panicked
	if errors.As(err, &p) {
		attributes = append(attributes, slog.String("stack", string(p.stack)))
	}
	s.config.Log.LogAttrs(context.Background(), level, message, attributes...)
}
