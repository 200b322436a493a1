package contract

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func TestReadJSON(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]any{
		`null`: nil, ` true `: true, `"å\n\u00e5\\ud83d"`: "å\nå\\ud83d", `[]`: []any{}, `{}`: map[string]any{},
		`{"a":[1,{"b":null}]}`: map[string]any{"a": []any{json.Number("1"), map[string]any{"b": nil}}},
		`1.0`:                  json.Number("1"), `1e3`: json.Number("1000"), `-0`: json.Number("0"), `1.50`: json.Number("1.50"), `9007199254740991`: json.Number("9007199254740991"),
		`"\ud83d\ude00"`: "😀",
		`"a\tb\r\nc"`:    "a\tb\r\nc", `"\u202a+46\u202c \u2066a\u202bb\u202c\u2069\u200e"`: "\u202a+46\u202c \u2066a\u202bb\u202c\u2069\u200e", `"\u2028\ufeff\u200d"`: "\u2028\ufeff\u200d",
	} {
		got, mistake := readJSON([]byte(source))
		if mistake != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("readJSON(%s) = %#v, %v; want %#v", source, got, mistake, want)
		}
	}
	for source, pointer := range map[string]string{
		``: "", ` `: "", `{`: "", `[1`: "", `[1,]`: "", `{"a"}`: "", `{"a":}`: "", `{,}`: "", `}`: "", `[}`: "", `01`: "", `+1`: "", `nul`: "", `'a'`: "", `"a`: "",
		`1 1`: "", `{} []`: "", "\ufeff{}": "", `{"a":1e400}`: "/a", `[1,9007199254740992]`: "/1", `{"a":{"b":1,"b":2}}`: "/a/b", `{"a":["\u0000"]}`: "/a/0",
		`{"a\u0000":1}`: "", `["\udc00"]`: "/0", `["\ud800\ud800"]`: "/0", `["\ud83dx"]`: "/0",
		`{"` + strings.Repeat("a", 65) + `":1e400}`: "",
		`["a\u001b[2J"]`: "/0", `["a\bb"]`: "/0", "[\"a\u0085b\"]": "/0", `["a\u007fb"]`: "/0", `["a\u202eb"]`: "/0", `["\u202db\u202c"]`: "/0", `{"a\u202e":1}`: "",
		`["\u2067b"]`: "/0", `["\u2067b\n\u2069"]`: "/0", `["b\u2069"]`: "/0", `["b\u202c"]`: "/0", `["\u202ab\u2069"]`: "/0", `["\u202a\u2066b\u202c\u2069"]`: "/0",
	} {
		if got, mistake := readJSON([]byte(source)); mistake == nil || mistake.Pointer != pointer || mistake.Detail == "" {
			t.Errorf("readJSON(%s) = %#v, %v; want a mistake at %q", source, got, mistake, pointer)
		}
	}
}

// Whatever is accepted is JSON, reads the same to encoding/json, and can be stored.
func FuzzReadJSON(f *testing.F) {
	for _, seed := range []string{`{"a":[1,2.5,"x\ud83d\ude00",null,true]}`, `{"a":1,"a":2}`, `[[[[1]]]]`, `"\u0000"`, `[1,]`, `{"a" 1}`, "\xff", `-0.0e-5`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		value, mistake := readJSON(source)
		if mistake != nil {
			if mistake.Detail == "" || len(mistake.Pointer) > 4096 {
				t.Errorf("a mistake without words, or with a pointer of %d characters", len(mistake.Pointer))
			}
			return
		}
		if !json.Valid(source) {
			t.Fatalf("accepted what is not JSON: %q", source)
		}
		canonical, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		again, mistake := readJSON(canonical)
		if mistake != nil || !reflect.DeepEqual(value, again) {
			t.Errorf("%q is read as %#v, and its canonical form %s as %#v (%v)", source, value, canonical, again, mistake)
		}
		var theirs any
		if err := json.Unmarshal(source, &theirs); err != nil || !reflect.DeepEqual(floats(value), floats(theirs)) {
			t.Errorf("%q: we read %#v, encoding/json %#v (%v)", source, value, theirs, err)
		}
	})
}

func floats(value any) any {
	switch v := value.(type) {
	case json.Number:
		f, _ := v.Float64()
		return f + 0 // no negative zero
	case float64:
		return v + 0
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = floats(v[i])
		}
		return list
	case map[string]any:
		object := map[string]any{}
		for name := range v {
			object[name] = floats(v[name])
		}
		return object
	}
	return value
}

func TestFormats(t *testing.T) {
	t.Parallel()
	for name, texts := range map[string]map[string]bool{
		"uuid": {"0191e0f0-0000-7000-8000-000000000001": true, "0191E0F0-0000-7000-8000-00000000000A": true, "0191e0f0000070008000000000000001": false,
			"{0191e0f0-0000-7000-8000-000000000001}": false, "0191e0f0-0000-7000-8000-00000000000g": false, "0191e0f0-0000-7000-8000-000000000001\n": false, "": false},
		"date":      {"2028-02-29": true, "2026-02-29": false, "2026-2-1": false, "26-02-01": false, "2026-13-01": false, "0000-01-01": false, "": false},
		"date-time": {"2026-11-23T06:12:00Z": true, "2026-11-23T06:12:00.5+01:00": true, "2026-11-23 06:12:00Z": false, "2026-11-23T25:00:00Z": false, "2026-11-23T06:12:00": false},
		"line": {"Kim": true, "": true, "Åse-Marie O’Ng": true, "نور": true, "کتاب\u200cها": true, "👩\u200d👧": true, "Kim\nLind": false, "Kim\tLind": false, "Kim\u2028Lind": false,
			"Kim\u200e": false, "\u061cKim": false, "\u2066Kim\u2069": false, "K\u200bim": false, "\ufeffKim": false, "Kim\u0085": false, "Kim\r": false},
		"email": {"kim@example.com": true, "kim.lind+a@mail.example.com": true, "k@xn--blbr-xqab.example": true, "kim@example": false, "@example.com": false,
			"kim@": false, "kim@@example.com": false, "kim..x@example.com": false, ".kim@example.com": false, "kim @example.com": false,
			"Kim <kim@example.com>": false, "kim@exa_mple.com": false, "kim@-a.example": false, "kim@example.com\r\nBcc: x@example.com": false,
			`"kim"@example.com`: false, "kim@[127.0.0.1]": false, "kim@127.0.0.1": false, "kïm@example.com": false, strings.Repeat("a", 65) + "@example.com": false},
	} {
		for text, want := range texts {
			if got := formats[name].Validate(text) == nil; got != want {
				t.Errorf("%s: %q fits = %t, want %t", name, text, got, want)
			}
		}
	}
}
