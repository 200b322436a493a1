package docs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"budstikke.example/app/web/contract"
)

// room is one tag with its operations.
type room struct {
	Name, Description string
	Operations        []operation
}

// operation is what the page shows of one operation.
type operation struct {
	ID, Method, Path, Summary, Description string
	Session                                bool
	Parameters                             []parameter
	Body                                   *body
	Answers                                []body
	Codes                                  []string
}

type parameter struct {
	Name, In, Description, Rule, Example string
	Required                             bool
}

// body is a request's body, or an answer with its status.
type body struct {
	Status, Description, MediaType, Example string
	Fields                                  []field
}

type field struct {
	Name, Rule, Description string
	Required                bool
}

func roomsOf(c *contract.Contract) ([]room, error) {
	var rooms []room
	for _, tag := range c.Document.Tags {
		r := room{Name: tag.Name, Description: tag.Description}
		for _, o := range c.Operations {
			if o.Tag != tag.Name {
				continue
			}
			shown, err := show(o)
			if err != nil {
				return nil, fmt.Errorf("docs: %s: %w", o.ID, err)
			}
			r.Operations = append(r.Operations, shown)
		}
		rooms = append(rooms, r)
	}
	return rooms, nil
}

func show(o *contract.Operation) (operation, error) {
	shown := operation{ID: o.ID, Method: o.Method, Path: o.Path, Summary: o.Spec.Summary, Description: o.Spec.Description, Session: o.Secured, Codes: o.Codes}
	for _, p := range o.Parameters {
		shown.Parameters = append(shown.Parameters, parameter{
			Name: p.Name, In: p.In, Description: p.Description, Required: p.Required, Rule: rule(p.Schema.Value), Example: text(p.Example),
		})
	}
	if o.Spec.RequestBody != nil {
		b, err := bodyOf(o.Spec.RequestBody.Value.Content)
		if err != nil {
			return shown, err
		}
		shown.Body = b
	}
	statuses := make([]string, 0, o.Spec.Responses.Len())
	for status := range o.Spec.Responses.Map() {
		statuses = append(statuses, status)
	}
	slices.Sort(statuses)
	for _, status := range statuses {
		response := o.Spec.Responses.Value(status).Value
		if !strings.HasPrefix(status, "2") {
			continue // problems are listed by their codes
		}
		answer, err := bodyOf(response.Content)
		if err != nil {
			return shown, err
		}
		if answer == nil {
			answer = &body{}
		}
		answer.Status, answer.Description = status, *response.Description
		shown.Answers = append(shown.Answers, *answer)
	}
	return shown, nil
}

func bodyOf(content openapi3.Content) (*body, error) {
	for mediaType, media := range content { // the contract has one each
		example, err := json.Marshal(Example(media.Schema.Value))
		if err != nil {
			return nil, err
		}
		var indented bytes.Buffer
		if err := json.Indent(&indented, example, "", "  "); err != nil {
			return nil, err
		}
		return &body{MediaType: mediaType, Example: indented.String(), Fields: fieldsOf(media.Schema.Value)}, nil
	}
	return nil, nil
}

func fieldsOf(schema *openapi3.Schema) []field {
	names := make([]string, 0, len(schema.Properties))
	for name := range schema.Properties {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		// Those that must be there first, in the order in which the contract asks for them.
		first, second := slices.Index(schema.Required, a), slices.Index(schema.Required, b)
		switch {
		case first >= 0 && second >= 0:
			return first - second
		case first >= 0:
			return -1
		case second >= 0:
			return 1
		}
		return strings.Compare(a, b)
	})
	var fields []field
	for _, name := range names {
		property := schema.Properties[name].Value
		fields = append(fields, field{Name: name, Rule: rule(property), Description: property.Description, Required: slices.Contains(schema.Required, name)})
	}
	return fields
}

// rule says in a few words what a value must be.
func rule(schema *openapi3.Schema) string {
	var words []string
	switch {
	case len(schema.Enum) > 0:
		for _, value := range schema.Enum {
			words = append(words, text(value))
		}
		return strings.Join(words, " | ")
	case schema.Type.Is(openapi3.TypeArray):
		return "list of " + rule(schema.Items.Value)
	case schema.Format != "":
		words = append(words, schema.Format)
	case schema.Type.Is(openapi3.TypeString):
		words = append(words, "text")
	case len(schema.Type.Slice()) > 0:
		words = append(words, schema.Type.Slice()[0])
	}
	if schema.MaxLength != nil {
		words = append(words, fmt.Sprintf("%d–%d characters", schema.MinLength, *schema.MaxLength))
	}
	if schema.Min != nil && schema.Max != nil {
		words = append(words, fmt.Sprintf("%g–%g", *schema.Min, *schema.Max))
	}
	if schema.Pattern != "" {
		words = append(words, schema.Pattern)
	}
	return strings.Join(words, ", ")
}

// Example puts the example of a schema together from those of its fields.
func Example(schema *openapi3.Schema) any {
	switch {
	case schema.Example != nil:
		return schema.Example
	case schema.Type.Is(openapi3.TypeArray):
		return []any{Example(schema.Items.Value)}
	case schema.Type.Is(openapi3.TypeObject):
		object := map[string]any{}
		for name, property := range schema.Properties {
			object[name] = Example(property.Value)
		}
		return object
	case schema.Default != nil:
		return schema.Default
	}
	return nil
}

func text(value any) string {
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}
