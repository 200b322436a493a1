package contract

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"budstikke.example/app"
)

// Request is what the rim hands over of an HTTP request. Nothing of it is kept.
type Request struct {
	Path            map[string]string          // the values of the path's parameters, as received
	Query           string                     // without the question mark, as received
	Header          func(name string) []string // every value of a header
	ContentType     string
	ContentEncoding string
	Body            []byte
}

// Accepted is the one reading of a request that passed.
type Accepted struct {
	// Path and Query hold the parameters of the path and the query, decoded.
	Path  map[string]string
	Query url.Values
	// Body is the decoded body as generated code binds it, nil when there was none.
	Body any
	// Form holds every parameter of a form, also those that the contract does not name.
	Form url.Values
	// Canonical is the body with sorted names and without white space: the same for the same content.
	Canonical []byte
	// Key is the Idempotency-Key, Version the If-Match header as received; "" where the operation takes none.
	Key, Version string
}

// ErrMediaType means that the body is of another type than the contract says, or compressed.
var ErrMediaType = errors.New("contract: the body is of another type than the contract says")

// Faults of a request as such.
var (
	ErrKeyMissing = &app.Fault{Kind: app.Malformed, Code: "idempotency_key_missing",
		Detail: "Send an Idempotency-Key of 16 to 128 letters, digits, - and _, and the same one when you repeat the request.",
		Fields: []app.Field{{Pointer: keyHeader, Detail: "must have 16 to 128 letters, digits, - and _"}}}
	ErrVersionMissing = &app.Fault{Kind: app.VersionMissing, Code: "version_required",
		Detail: "Send the ETag you read as If-Match.", Fields: []app.Field{{Pointer: versionHeader, Detail: "is missing"}}}
)

// maxFormFields is how many fields a form may hold; Twilio sends some twenty.
const maxFormFields = 200

// special are the sentences of codes that a schema can ask for.
var special = map[string]string{
	"sms_only_for_critical": "SMS is for critical alerts only. Choose e-mail, push or the app, or raise an alert.",
}

// Accept holds a request against the operation. Errors: ErrMediaType; or a fault with every mistake that was found: ErrKeyMissing,
// ErrVersionMissing, app.ErrVersionOutdated for an If-Match that none of our ETags can equal, otherwise request_invalid or the code that the
// schema gives.
func (o *Operation) Accept(r Request) (*Accepted, error) {
	a := &Accepted{}
	if err := o.conditions(r, a); err != nil {
		return nil, err
	}
	var found findings
	o.parameters(r, a, &found)
	if err := o.content(r, a, &found); err != nil {
		return nil, err
	}
	if len(found.fields) > 0 {
		return nil, found.fault()
	}
	if o.Versioned && !o.fits(versionHeader, a.Version) {
		return nil, app.ErrVersionOutdated
	}
	return a, nil
}

// findings collects mistakes.
type findings struct {
	fields []app.Field
	code   string
}

func (f *findings) add(fields ...app.Field) {
	f.fields = append(f.fields, fields[:min(len(fields), maxFields-len(f.fields))]...)
}

func (f *findings) fault() *app.Fault {
	if detail, ok := special[f.code]; ok {
		return &app.Fault{Kind: app.Malformed, Code: f.code, Detail: detail, Fields: f.fields}
	}
	if f.code != "" {
		return &app.Fault{Kind: app.Malformed, Code: f.code, Detail: "This value cannot be chosen here.", Fields: f.fields}
	}
	return &app.Fault{Kind: app.Malformed, Code: "request_invalid",
		Detail: "The request was not understood. The fields below say what to correct.", Fields: f.fields}
}

// conditions reads the two headers with a meaning of their own. A version that is there but none of ours is judged last: first the request
// must be one that could have been carried out.
func (o *Operation) conditions(r Request, a *Accepted) error {
	if o.Repeatable {
		values := r.Header(keyHeader)
		if len(values) != 1 || !o.fits(keyHeader, values[0]) {
			return ErrKeyMissing
		}
		a.Key = values[0]
	}
	if o.Versioned {
		values := r.Header(versionHeader)
		if len(values) == 0 || values[0] == "" {
			return ErrVersionMissing
		}
		a.Version = strings.Join(values, ",") // several fit no pattern of ours
	}
	return nil
}

// fits tells whether a header's value fits its schema.
func (o *Operation) fits(header, value string) bool {
	for _, p := range o.Parameters {
		if p.In == openapi3.ParameterInHeader && p.Name == header {
			return len(Check(p.Schema.Value, value)) == 0
		}
	}
	return false
}

func (o *Operation) parameters(r Request, a *Accepted, found *findings) {
	query, err := url.ParseQuery(r.Query)
	if err != nil {
		found.add(app.Field{Detail: "the query is not encoded as a query must be"})
	}
	a.Query = query
	known := map[string]bool{}
	a.Path = map[string]string{}
	for _, p := range o.Parameters {
		var values []string
		switch p.In {
		case openapi3.ParameterInPath:
			value, err := url.PathUnescape(r.Path[p.Name])
			if err != nil {
				found.add(app.Field{Pointer: p.Name, Detail: "is not encoded as a path must be"})
				continue
			}
			values, a.Path[p.Name] = []string{value}, value
		case openapi3.ParameterInQuery:
			values, known[p.Name] = query[p.Name], true
		case openapi3.ParameterInHeader:
			if p.Name == keyHeader || p.Name == versionHeader {
				continue
			}
			values = r.Header(p.Name)
		}
		found.add(parameter(p, values)...)
	}
	names := make([]string, 0, len(query))
	for name := range query {
		if !known[name] {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		if len(name) > 64 || !storable(name) {
			name = ""
		}
		found.add(app.Field{Pointer: name, Detail: "is not a parameter of this request"})
	}
}

func parameter(p *openapi3.Parameter, values []string) []app.Field {
	switch {
	case len(values) == 0 && p.Required:
		return []app.Field{{Pointer: p.Name, Detail: "is missing"}}
	case len(values) == 0:
		return nil
	case len(values) > 1:
		return []app.Field{{Pointer: p.Name, Detail: "is given more than once"}}
	case !storable(values[0]):
		return []app.Field{{Pointer: p.Name, Detail: "is not UTF-8 text without NUL characters"}}
	}
	var value any = values[0]
	if p.Schema.Value.Type.Is(openapi3.TypeInteger) {
		n, err := strconv.ParseInt(values[0], 10, 64)
		if err != nil || strconv.FormatInt(n, 10) != values[0] {
			return []app.Field{{Pointer: p.Name, Detail: "must be a whole number"}}
		}
		value = json.Number(values[0])
	}
	fields, _ := check(p.Schema.Value, value, p.Name)
	return fields
}

// content reads the body.
func (o *Operation) content(r Request, a *Accepted, found *findings) error {
	if o.MediaType == "" {
		if len(r.Body) > 0 {
			found.add(app.Field{Detail: "this request takes no body"})
		}
		return nil
	}
	if !o.bodyRequired && len(r.Body) == 0 {
		return nil
	}
	if !plain(r.ContentEncoding) || !ofMediaType(r.ContentType, o.MediaType) {
		return ErrMediaType
	}
	if len(r.Body) == 0 {
		found.add(app.Field{Detail: "the body is missing"})
		return nil
	}
	var mistake *app.Field
	if o.MediaType == Form {
		a.Form, a.Body, mistake = readForm(string(r.Body))
	} else {
		a.Body, mistake = readJSON(r.Body)
	}
	if mistake != nil {
		found.add(*mistake)
		return nil
	}
	fields, code := check(o.body, a.Body, "")
	found.add(fields...)
	found.code = code
	canonical, err := json.Marshal(a.Body) // sorts names
	a.Canonical = canonical
	return err
}

// plain says that the body is not compressed: the limit of a body's size is one of what it unpacks to.
func plain(encoding string) bool { return encoding == "" || strings.EqualFold(encoding, "identity") }

func ofMediaType(header, want string) bool {
	got, parameters, err := mime.ParseMediaType(header)
	if err != nil || got != want {
		return false
	}
	charset, named := parameters["charset"]
	return !named || strings.EqualFold(charset, "utf-8")
}

// readForm reads a form. Names that differ in case only are refused as twins, because the form binder of the web framework takes one for the other.
func readForm(body string) (url.Values, any, *app.Field) {
	form, err := url.ParseQuery(body)
	if err != nil {
		return nil, nil, &app.Field{Detail: "is not encoded as a form must be"}
	}
	if len(form) > maxFormFields {
		return nil, nil, &app.Field{Detail: fmt.Sprintf("holds more than %d fields", maxFormFields)}
	}
	fields, seen := map[string]any{}, map[string]bool{}
	for name, values := range form {
		pointer := below("", name)
		folded := strings.ToLower(name)
		switch {
		case !storable(name) || !storable(values[0]):
			return nil, nil, &app.Field{Detail: "holds what is not UTF-8 text without NUL characters"}
		case len(values) > 1 || seen[folded]:
			return nil, nil, &app.Field{Pointer: pointer, Detail: "is given more than once"}
		}
		seen[folded] = true
		fields[name] = values[0]
	}
	return form, fields, nil
}
