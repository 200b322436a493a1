package walk_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"budstikke.example/app/web/contract"
	"budstikke.example/app/web/webtest"
)

// spoiled is a request with one mistake in it, and what must be said about it.
type spoiled struct {
	what string
	call
	status  int
	code    string
	pointer string // that one of the fields must have; "-" asks for none
}

// echo is in many mistakes, and in no answer: a refusal names the place and never the value, which may be somebody's number or a script.
const echo = "Zqx<echo>7"

// TestBadInput makes every mistake that the contract can see with every operation: each is refused with its word and its place, and nothing is
// stored (P24).
func TestBadInput(t *testing.T) {
	t.Parallel()
	w := arrived(t)
	w.settle()
	for _, o := range webtest.Contract(t).Operations {
		r := table[o.ID]
		caller := nobody
		if len(r.allowed) > 0 {
			caller = r.allowed[0]
		} else if o.Secured {
			caller = right
		}
		w.holder = "bsh_" + strings.Repeat("A", 64)
		about := w.real
		if r.arrange != nil && (o.Versioned || r.holder != "") { // the version is compared with that of something that there is; a secret is of something
			about = r.arrange(w, caller)
		}
		good := w.build(o, r, about, caller)
		t.Run(o.ID, func(t *testing.T) {
			before := w.fingerprint()
			var mistakes []spoiled
			mistakes = append(mistakes, badParameters(o, good)...)
			mistakes = append(mistakes, badConditions(o, good)...)
			mistakes = append(mistakes, badBodies(t, o, good)...)
			for _, m := range mistakes {
				if r.signed {
					m = w.signed(t, m)
				}
				got := w.doIn(t, m.call)
				if got.status != m.status || got.code != m.code {
					t.Errorf("%s: answered %d %s, want %d %s: %s", m.what, got.status, got.code, m.status, m.code, got.body)
					continue
				}
				if strings.Contains(got.wire(), echo) {
					t.Errorf("%s: the answer says again what was sent: %s", m.what, got.body)
				}
				named := slices.ContainsFunc(got.fields, func(f field) bool { return f.Pointer == m.pointer })
				if m.pointer != "-" && !named {
					t.Errorf("%s: no field points at %q: %s", m.what, m.pointer, got.body)
				}
			}
			w.unchanged(t, before, "by bad input")
		})
	}
}

// signed signs a spoiled request as a machine would that spoils it itself: nobody else is told what is wrong with it (P19). What is no form, or
// has a name twice, is nothing that Twilio could have signed.
func (w *walk) signed(tb testing.TB, m spoiled) spoiled {
	tb.Helper()
	form, _ := m.body.(url.Values)
	var err error
	if raw, ok := m.body.([]byte); ok {
		form, err = url.ParseQuery(string(raw))
	}
	for _, values := range form {
		if len(values) > 1 {
			err = errors.New("given twice")
		}
	}
	if err != nil && m.status == http.StatusBadRequest {
		m.status, m.code, m.pointer = http.StatusUnauthorized, "signature_invalid", "-"
	}
	m.header = maps.Clone(m.header)
	if m.header == nil {
		m.header = map[string]string{}
	}
	m.header["X-Twilio-Signature"] = w.sign(m.request(tb, w.url).URL.RequestURI(), form)
	return m
}

// badParameters spoils what stands in path and query.
func badParameters(o *contract.Operation, good call) (list []spoiled) {
	path, query, _ := strings.Cut(good.path, "?")
	bad := func(what, path, query, code, pointer string) {
		c := good
		c.path = path
		if query != "" {
			c.path += "?" + query
		}
		list = append(list, spoiled{what, c, http.StatusBadRequest, code, pointer})
	}
	segments := strings.Split(path, "/")
	for i, segment := range strings.Split(o.Path, "/") {
		name, isParameter := strings.CutPrefix(segment, "{")
		if !isParameter || name == "token}" || name == "feed}" { // secrets: another one is well-formed and unknown
			continue
		}
		for _, value := range []string{"7", "not-a-uuid", url.PathEscape(echo), strings.Repeat("0", 36), "%00", "{" + newID().String() + "}", "urn:uuid:" + newID().String(), "%FF%FE"} {
			spoilt := slices.Clone(segments)
			spoilt[i] = value
			bad("path "+value, strings.Join(spoilt, "/"), query, "request_invalid", strings.TrimSuffix(name, "}"))
		}
	}
	and := func(more string) string { return strings.TrimPrefix(query+"&"+more, "&") }
	bad("a parameter that nobody knows", path, and("zz=1"), "request_invalid", "zz")
	for _, p := range o.Parameters {
		if p.In != openapi3.ParameterInQuery {
			continue
		}
		without, _ := url.ParseQuery(query)
		without.Del(p.Name)
		with := func(value string) string {
			all := maps.Clone(without)
			all.Set(p.Name, value)
			return all.Encode()
		}
		values, code := []string{}, "request_invalid"
		switch p.Name {
		case "limit":
			values = []string{echo, "+1", " 1", "0x1", "-99999999999999999999", "1\u202e", "0", "-1", "101", "abc", "1.5", "1e1", "", "99999999999999999999", "٣"}
		case "status":
			values = []string{"zz", "", "ACTIVE", echo}
		case "date":
			values = []string{"2026-02-30", "2026-2-3", "today", "", "20261123", "2026-11-23T00:00:00Z", "0000-01-01", "99999-01-01", "2025-02-29", "-2026-01-01", "2026-11-23\u202e", echo}
			bad("without a date", path, without.Encode(), code, p.Name)
		case "cursor":
			bad("a cursor too long", path, with(strings.Repeat("A", 201)), code, p.Name)
			values, code = []string{"!", echo, "AAAA", "f" + strings.Repeat("_", 31), strings.Repeat("A", 45), "' or 1=1 --"}, "cursor_invalid"
		}
		for _, value := range values {
			bad(p.Name+" "+value, path, with(value), code, p.Name)
		}
		bad(p.Name+" twice", path, with("1")+"&"+p.Name+"=1", "request_invalid", p.Name)
	}
	return list
}

// badConditions spoils the headers.
func badConditions(o *contract.Operation, good call) (list []spoiled) {
	if o.Repeatable {
		c := good
		c.noKey = true
		list = append(list, spoiled{"no key", c, http.StatusBadRequest, "idempotency_key_missing", "Idempotency-Key"})
	}
	if !o.Versioned {
		return list
	}
	c := good
	c.ifMatch = ""
	list = append(list, spoiled{"no If-Match", c, http.StatusPreconditionRequired, "version_required", "If-Match"})
	for _, tag := range []string{"*", `W/"1"`, "1", `"zz"`, `"99"`, `"1", "2"`, `"99999999999"`, `"01"`} {
		c.ifMatch = tag
		list = append(list, spoiled{"If-Match " + tag, c, http.StatusPreconditionFailed, "version_outdated", "-"})
	}
	return list
}

// badBodies spoils the body.
func badBodies(tb testing.TB, o *contract.Operation, good call) (list []spoiled) {
	bad := func(what string, body any, pointer string) {
		c := good
		c.body = body
		list = append(list, spoiled{what, c, http.StatusBadRequest, "request_invalid", pointer})
	}
	if o.MediaType == "" {
		if o.Method != http.MethodGet {
			bad("a body where none belongs", map[string]any{"a": 1}, "")
		}
		return list
	}
	schema := o.Spec.RequestBody.Value.Content[o.MediaType].Schema.Value
	if o.MediaType == contract.JSON {
		list = append(list, badJSON(tb, schema, good)...)
	} else {
		list = append(list, badForms(schema, good)...)
	}
	for _, kind := range []string{"text/plain", "application/xml", "application/json; charset=iso-8859-1", "multipart/mixed; boundary=x", "nonsense", ";"} {
		c := good
		c.header = map[string]string{"Content-Type": kind}
		list = append(list, spoiled{"content type " + kind, c, http.StatusUnsupportedMediaType, "media_type_not_supported", "-"})
	}
	c := good
	c.header = map[string]string{"Content-Encoding": "gzip"}
	list = append(list, spoiled{"compressed", c, http.StatusUnsupportedMediaType, "media_type_not_supported", "-"})
	c = good
	c.tries, c.contentType, c.body = 20, o.MediaType, []byte(`{"text":"`+strings.Repeat("a", 300<<10)+`"}`)
	return append(list, spoiled{"huge", c, http.StatusRequestEntityTooLarge, "body_too_large", "-"})
}

func badJSON(tb testing.TB, schema *openapi3.Schema, good call) (list []spoiled) {
	raw, err := json.Marshal(good.body)
	must(tb, err)
	bad := func(what string, body any, pointer string) {
		c := good
		c.body = body
		list = append(list, spoiled{what, c, http.StatusBadRequest, "request_invalid", pointer})
	}
	for what, text := range map[string]string{
		"cut off": string(raw[:len(raw)-2]), "two documents": string(raw) + string(raw), "an array": "[" + string(raw) + "]", "null": "null",
		"a text": `"x"`, "nothing": "", "no JSON": "hello", "half a character": `{"zz":"\ud800"}`, "invalid UTF-8": "{\"zz\":\"\xff\xfe\"}",
		"a name twice": `{"zz":1,"zz":2}`, "deep": strings.Repeat(`{"a":`, 1000) + "1" + strings.Repeat("}", 1000), "many values": "[" + strings.Repeat("1,", 20000) + "1]",
		"a huge number": `{"zz":1e999}`, "latin-1": "{\"zz\":\"\xe5\xe4\xf6\"}", "utf-16": "\xff\xfe{\x00}\x00", "a NUL": "{\"zz\":\"\\u0000\"}",
	} {
		bad(what, []byte(text), "-")
	}
	with := func(name string, value any) map[string]any {
		body := map[string]any{}
		must(tb, json.Unmarshal(raw, &body))
		body[name] = value
		return body
	}
	bad("a field that nobody knows", with("zz", 1), "/zz")
	for name := range schema.Properties {
		bad("another spelling of "+name, with(strings.ToUpper(name), "x"), "/"+strings.ToUpper(name))
	}
	for _, name := range schema.Required {
		body := with("", nil)
		delete(body, "")
		delete(body, name)
		bad("without "+name, body, "/"+name)
	}
	for name, property := range schema.Properties {
		p := property.Value
		values := map[string]any{"null": nil, "an object": map[string]any{}, "a truth": true}
		if p.Type.Is("boolean") {
			delete(values, "a truth")
		}
		switch {
		case p.Type.Is(openapi3.TypeObject):
			delete(values, "an object")
			values["a text"], values["a list"] = "x", []string{"x"}
			strange := "zz"
			if closed := p.AdditionalProperties.Has; closed == nil || *closed { // what others add is not read (WebAuthn), what is needed is missed
				strange = p.Required[0]
			}
			bad(name+" of nothing but a field that nobody knows", with(name, map[string]any{"zz": 1}), "/"+name+"/"+strange)
		case p.Type.Is(openapi3.TypeArray):
			values["a text"] = "email"
			if p.MinItems > 0 {
				values["empty"] = []string{}
			}
			values["twice the same"], values["unknown"] = []string{"email", "email"}, []string{"pigeon"}
		case p.Type.Is(openapi3.TypeInteger):
			values["a text"], values["a list"], values["a fraction"] = echo, []int{1}, 1.5
			values["beyond every integer"], values["below every integer"] = json.RawMessage("99999999999999999999"), json.RawMessage("-99999999999999999999")
			values["huge"], values["in words of its own"] = json.RawMessage("1e400"), "7"
		case p.Type.Is(openapi3.TypeString):
			values["a number"], values["a list"], values["with a NUL"] = 7, []string{"a"}, "with\x00zero"
			if p.MaxLength != nil {
				values["too long"] = strings.Repeat("å", int(*p.MaxLength)+1) //nolint:gosec // a length of the contract
			}
			if p.MinLength > 0 {
				values["empty"] = ""
			}
			if len(p.Enum) > 0 {
				values["no such choice"], values["in capitals"] = echo, strings.ToUpper(fmt.Sprint(p.Enum[0]))
			}
			values["with a control character"], values["turning around what follows"] = "with\x1b[2J", "with\u202e"
			switch p.Format {
			case "line":
				values["two lines"], values["with a mark of direction"] = "two\nlines", "a\u200fb"
			case "uuid":
				values["no UUID"], values["a short UUID"] = echo, newID().String()[:35]
			case "date":
				values["no such day"], values["a moment"], values["the year 0"] = "2026-02-30", "2026-11-23T00:00:00Z", "0-1-1"
				values["the year 10000"], values["no leap year"], values["turned around"] = "10000-01-01", "2025-02-29", "2026-11-23\u202e"
			case "date-time":
				values["no such moment"], values["a day"], values["no zone"] = "2026-02-30T00:00:00Z", "2026-11-23", "2026-11-23T00:00:00"
				values["the year 0 at noon"], values["hour 25"] = "0000-01-01T12:00:00Z", "2026-11-23T25:00:00Z"
			case "email":
				values["no address"], values["two lines"] = "nobody-at-all", "a@example.com\r\nBcc: b@example.com"
				values["two addresses"], values["a script"] = "a@example.com, b@example.com", echo
			}
			if p.Pattern != "" {
				values["another form"], values["with a line break"] = "!"+echo, fmt.Sprint(p.Example)+"\n"
			}
		}
		for what, value := range values {
			pointer := "/" + name
			if what == "twice the same" || what == "unknown" {
				pointer = "-"
			}
			bad(name+" is "+what, with(name, value), pointer)
		}
	}
	return list
}

func badForms(schema *openapi3.Schema, good call) (list []spoiled) {
	form, _ := good.body.(url.Values)
	bad := func(what string, body any, pointer string) {
		c := good
		c.body = body
		c.contentType = contract.Form
		list = append(list, spoiled{what, c, http.StatusBadRequest, "request_invalid", pointer})
	}
	for _, name := range schema.Required {
		without := maps.Clone(form)
		without.Del(name)
		if pointer := "/" + name; len(without) > 0 {
			bad("without "+name, without, pointer)
		}
		twice := maps.Clone(form)
		twice[name] = []string{"a", "b"}
		bad(name+" twice", twice, "/"+name)
		nul := maps.Clone(form)
		nul[name] = []string{"a\x00b"}
		bad(name+" with a NUL", nul, "-")
		if longest := schema.Properties[name].Value.MaxLength; longest != nil {
			long := maps.Clone(form)
			long[name] = []string{strings.Repeat("a", int(*longest)+1)} //nolint:gosec // a length of the contract
			bad(name+" too long", long, "/"+name)
		}
	}
	bad("badly encoded", []byte("a=%zz"), "-")
	bad("not UTF-8", []byte("a=%ff%fe"), "-")
	bad("nothing", []byte(""), "-")
	return list
}
