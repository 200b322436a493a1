package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// Cut takes out of an answer what its caller is not shown. It is made once for an operation and a set of fields, and safe for concurrent use.
type Cut struct {
	answers map[int]*blade // by status; what is not there is left as it is
	json    bool           // every answer that holds something is JSON
}

// blade is what is taken out of one value.
type blade struct {
	drop   []string          // properties that go
	empty  map[string]any    // properties that the schema wants there: they become this
	inside map[string]*blade // what is taken out of properties that stay
	items  *blade            // what is taken out of each member of a list
}

// Cut makes what takes out of the operation's answers every property that shows says is not shown. schema is its name in the contract, "" for
// one that has none. An error is a property that must be there and cannot be empty: the answer would not be what the contract promises.
func (o *Operation) Cut(shows func(schema, property string) bool) (*Cut, error) {
	cut := &Cut{answers: map[int]*blade{}, json: true}
	for status, response := range o.Spec.Responses.Map() {
		var code int
		if _, err := fmt.Sscanf(status, "%d", &code); err != nil || code < 200 || code > 299 {
			continue
		}
		for media, content := range response.Value.Content {
			if media != JSON {
				cut.json = false
				continue
			}
			made, err := bladeOf(content.Schema, shows, nil)
			if err != nil {
				return nil, fmt.Errorf("contract: an answer of %s cannot be cut: %w", o.ID, err)
			}
			if made != nil {
				cut.answers[code] = made
			}
		}
	}
	return cut, nil
}

// OnlyJSON tells whether everything that the operation answers with is JSON; nothing else can be cut.
func (c *Cut) OnlyJSON() bool { return c.json }

// JSON returns the answer without what is not shown; the very same bytes when all of it is. An error means that it is no answer of the contract.
func (c *Cut) JSON(status int, answer []byte) ([]byte, error) {
	b := c.answers[status]
	if b == nil {
		return answer, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(answer))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, errors.New("contract: an answer that is to be cut is no JSON") // the error itself quotes what it could not read
	}
	b.apply(value)
	return json.Marshal(value)
}

// bladeOf is nil for a schema of which everything is shown.
func bladeOf(ref *openapi3.SchemaRef, shows func(schema, property string) bool, above []*openapi3.Schema) (*blade, error) {
	schema := ref.Value
	switch {
	case slices.Contains(above, schema):
		return nil, fmt.Errorf("%s holds itself", nameOf(ref))
	case len(schema.AllOf)+len(schema.OneOf)+len(schema.AnyOf) > 0 || schema.AdditionalProperties.Schema != nil:
		return nil, fmt.Errorf("%s is put together of others", nameOf(ref))
	}
	above = append(slices.Clone(above), schema)
	b := &blade{empty: map[string]any{}, inside: map[string]*blade{}}
	if schema.Items != nil {
		var err error
		if b.items, err = bladeOf(schema.Items, shows, above); err != nil {
			return nil, err
		}
	}
	for name, property := range schema.Properties {
		switch {
		case shows(nameOf(ref), name):
			inner, err := bladeOf(property, shows, above)
			if err != nil {
				return nil, err
			}
			if inner != nil {
				b.inside[name] = inner
			}
		case !slices.Contains(schema.Required, name):
			b.drop = append(b.drop, name)
		default:
			value, ok := nothing(property.Value)
			if !ok {
				return nil, fmt.Errorf("%s.%s must be there and cannot be empty", nameOf(ref), name)
			}
			b.empty[name] = value
		}
	}
	if b.items == nil && len(b.drop)+len(b.empty)+len(b.inside) == 0 {
		return nil, nil
	}
	return b, nil
}

// nothing is what a property says that says nothing, false where there is no such value.
func nothing(s *openapi3.Schema) (any, bool) {
	switch {
	case len(s.Enum) > 0 || s.Format != "" || s.Pattern != "" || s.MinLength > 0 || s.MinItems > 0:
		return nil, false
	case s.Type.Is(openapi3.TypeString):
		return "", true
	case s.Type.Is(openapi3.TypeBoolean):
		return false, true
	case s.Type.Is(openapi3.TypeArray):
		return []any{}, true
	}
	return nil, false
}

func nameOf(ref *openapi3.SchemaRef) string {
	return strings.TrimPrefix(ref.Ref, "#/components/schemas/")
}

func (b *blade) apply(value any) {
	switch v := value.(type) {
	case []any:
		for _, each := range v {
			if b.items != nil {
				b.items.apply(each)
			}
		}
	case map[string]any:
		for _, name := range b.drop {
			delete(v, name)
		}
		for name, empty := range b.empty {
			if _, there := v[name]; there {
				v[name] = empty
			}
		}
		for name, inner := range b.inside {
			inner.apply(v[name])
		}
	}
}
