package contract

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"budstikke.example/app"
)

// maxDepth is how deep a body may be nested; the contract's deepest has four levels.
const maxDepth = 32

// maxValues is how many values a body may hold. Without a bound a small body could ask for a long list of mistakes to be made of it.
const maxValues = 5000

// maxInteger is the largest number that every client reads alike (RFC 7493).
const maxInteger = 1<<53 - 1

// reader reads one JSON text. Unlike encoding/json it refuses what two readers could understand differently, and keeps the place of it.
type reader struct {
	source  []byte
	decoder *json.Decoder
	values  int // read so far
}

// misread is a mistake in a JSON text.
type misread struct{ pointer, detail string }

// Error implements error.
func (m *misread) Error() string { return m.pointer + " " + m.detail }

// readJSON reads a whole body. Numbers come as json.Number. On a mistake the field says where and what.
func readJSON(source []byte) (any, *app.Field) {
	if !utf8.Valid(source) {
		return nil, &app.Field{Detail: "is not UTF-8 text"}
	}
	r := &reader{source: source, decoder: json.NewDecoder(bytes.NewReader(source))}
	r.decoder.UseNumber()
	value, err := r.value("", 0)
	if err == nil {
		if _, end := r.decoder.Token(); end != io.EOF {
			err = &misread{detail: "goes on after its end"}
		}
	}
	switch m := err.(type) { //nolint:errorlint // the reader's own errors are never wrapped
	case nil:
		return value, nil
	case *misread:
		return nil, &app.Field{Pointer: m.pointer, Detail: m.detail}
	}
	return nil, &app.Field{Detail: fmt.Sprintf("is not JSON (see byte %d)", r.decoder.InputOffset())}
}

func (r *reader) value(at string, depth int) (any, error) {
	if depth > maxDepth {
		return nil, &misread{at, fmt.Sprintf("is nested deeper than %d levels", maxDepth)}
	}
	if r.values++; r.values > maxValues {
		return nil, &misread{detail: fmt.Sprintf("holds more than %d values", maxValues)}
	}
	start := r.decoder.InputOffset()
	token, err := r.decoder.Token()
	if err != nil {
		return nil, err
	}
	switch token := token.(type) {
	case json.Delim:
		if token == '{' {
			return r.object(at, depth)
		}
		return r.array(at, depth)
	case string:
		return token, r.text(at, token, start)
	case json.Number:
		return number(at, token)
	}
	return token, nil // true, false, null
}

func (r *reader) object(at string, depth int) (any, error) {
	fields := map[string]any{}
	for r.decoder.More() {
		start := r.decoder.InputOffset()
		token, err := r.decoder.Token()
		if err != nil {
			return nil, err
		}
		name, ok := token.(string)
		if !ok {
			return nil, io.ErrUnexpectedEOF
		}
		if err := r.text(at, name, start); err != nil {
			return nil, err
		}
		if _, twice := fields[name]; twice {
			return nil, &misread{below(at, name), "is given more than once"}
		}
		if fields[name], err = r.value(below(at, name), depth+1); err != nil {
			return nil, err
		}
	}
	_, err := r.decoder.Token()
	return fields, err
}

func (r *reader) array(at string, depth int) (any, error) {
	list := []any{}
	for r.decoder.More() {
		entry, err := r.value(at+"/"+strconv.Itoa(len(list)), depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, entry)
	}
	_, err := r.decoder.Token()
	return list, err
}

// text refuses what cannot be stored, halves of a surrogate pair, which encoding/json would silently replace, and what is not to be shown.
func (r *reader) text(at, text string, start int64) error {
	if !storable(text) {
		return &misread{at, "holds a NUL character"}
	}
	if strings.ContainsRune(text, utf8.RuneError) && halved(r.source[start:r.decoder.InputOffset()]) {
		return &misread{at, "holds half of a character"}
	}
	if steers(text) {
		return &misread{at, notShown}
	}
	return nil
}

// halved tells whether a JSON string literal escapes one half of a surrogate pair without the other.
func halved(literal []byte) bool {
	unit := func(i int) uint64 {
		if i+6 > len(literal) || literal[i] != '\\' || literal[i+1] != 'u' {
			return 0
		}
		n, _ := strconv.ParseUint(string(literal[i+2:i+6]), 16, 16)
		return n
	}
	for i := 0; i < len(literal); i++ {
		if literal[i] != '\\' {
			continue
		}
		switch n := unit(i); {
		case n >= 0xDC00 && n <= 0xDFFF:
			return true
		case n >= 0xD800 && n <= 0xDBFF:
			if next := unit(i + 6); next < 0xDC00 || next > 0xDFFF {
				return true
			}
			i += 11
		default:
			i++ // the escaped character, which may be a backslash itself
		}
	}
	return false
}

// number keeps a number as it was written, but whole ones in the one form that binds to an integer.
func number(at string, n json.Number) (any, error) {
	f, err := n.Float64()
	if err != nil || math.Abs(f) > maxInteger {
		return nil, &misread{at, "is out of range"}
	}
	if f == math.Trunc(f) {
		return json.Number(strconv.FormatInt(int64(f), 10)), nil
	}
	return n, nil
}

// below is the JSON pointer of a field (RFC 6901). A name too long to be one of ours is not repeated.
func below(at, name string) string {
	if len(name) > 64 {
		return at
	}
	return at + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}
