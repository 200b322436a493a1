package contract

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"budstikke.example/app"
)

// maxFields bounds how many mistakes one answer lists. A person corrects a few at a time, and an answer stays small however wrong a body is.
const maxFields = 20

// Check holds a decoded JSON value against a schema and returns what does not fit, in the order of the schema's names.
func Check(schema *openapi3.Schema, value any) []app.Field {
	fields, _ := check(schema, value, "")
	return fields
}

// check also returns the code that the schema asks for in place of request_invalid ("x-problem-code"), "" for none. at is where the value
// stands.
func check(schema *openapi3.Schema, value any, at string) ([]app.Field, string) {
	err := schema.VisitJSON(value, openapi3.MultiErrors(), openapi3.WithStringFormatValidators(formats))
	var fields []app.Field
	var code string
	seen := map[string]bool{} // several rules about one field read as one sentence too many: the first says enough
	walk(err, func(mistake *openapi3.SchemaError) {
		if special := specialCode(mistake); special != "" {
			code = special
		}
		place := mistake.SchemaField + at + strings.Join(mistake.JSONPointer(), "/")
		if len(fields) >= maxFields || seen[place] {
			return
		}
		seen[place] = true
		for _, field := range describe(mistake, at) {
			if !seen[field.Pointer] && len(fields) < maxFields {
				seen[field.Pointer] = true
				fields = append(fields, field)
			}
		}
	})
	if err != nil && len(fields) == 0 {
		fields = []app.Field{{Pointer: at, Detail: "does not fit the contract"}}
	}
	return fields, code
}

// walk calls visit for every mistake, however deep the validator has wrapped it.
func walk(err error, visit func(*openapi3.SchemaError)) {
	var many openapi3.MultiError
	var one *openapi3.SchemaError
	switch {
	case err == nil:
	case errors.As(err, &one) && !errors.As(err, &many):
		visit(one)
	case errors.As(err, &many):
		for _, each := range many {
			walk(each, visit)
		}
	}
}

func describe(mistake *openapi3.SchemaError, at string) []app.Field {
	for _, name := range mistake.JSONPointer() {
		at = below(at, name)
	}
	if mistake.SchemaField != "properties" {
		return []app.Field{{Pointer: at, Detail: sentence(mistake)}}
	}
	// The validator says that a field is unknown, but not which: whatever the schema does not name.
	var fields []app.Field
	object, _ := mistake.Value.(map[string]any)
	for name := range object {
		if mistake.Schema.Properties[name] == nil {
			fields = append(fields, app.Field{Pointer: below(at, name), Detail: "is not known here"})
		}
	}
	slices.SortFunc(fields, func(a, b app.Field) int { return strings.Compare(a.Pointer, b.Pointer) })
	return fields
}

// sentence says what to correct. It never repeats the value, which may be what a person would not want to see again in a log.
func sentence(mistake *openapi3.SchemaError) string {
	schema := mistake.Schema
	switch mistake.SchemaField {
	case "required":
		return "is missing"
	case "nullable":
		return "must not be null"
	case "type":
		return ofType(schema)
	case "enum":
		allowed := make([]string, len(schema.Enum))
		for i, value := range schema.Enum {
			allowed[i] = fmt.Sprint(value)
		}
		return "must be one of: " + strings.Join(allowed, ", ")
	case "minLength":
		if schema.MinLength == 1 {
			return "must not be empty"
		}
		return fmt.Sprintf("must have at least %d characters", schema.MinLength)
	case "maxLength":
		return fmt.Sprintf("must have at most %d characters", *schema.MaxLength)
	case "pattern":
		return like("must have the form of", schema)
	case "format":
		return ofFormat(schema.Format)
	case "minimum":
		return fmt.Sprintf("must be at least %g", *schema.Min)
	case "maximum":
		return fmt.Sprintf("must be at most %g", *schema.Max)
	case "minItems":
		return fmt.Sprintf("must hold at least %d", schema.MinItems)
	case "maxItems":
		return fmt.Sprintf("must hold at most %d", *schema.MaxItems)
	case "uniqueItems":
		return "must not hold the same twice"
	case "minProperties":
		return fmt.Sprintf("must hold at least %d field(s)", schema.MinProps)
	}
	return like("does not fit the contract; see", schema)
}

func ofType(schema *openapi3.Schema) string {
	switch {
	case schema.Type.Is(openapi3.TypeString):
		return "must be text"
	case schema.Type.Is(openapi3.TypeInteger):
		return "must be a whole number"
	case schema.Type.Is(openapi3.TypeNumber):
		return "must be a number"
	case schema.Type.Is(openapi3.TypeBoolean):
		return "must be true or false"
	case schema.Type.Is(openapi3.TypeArray):
		return "must be a list"
	case schema.Type.Is(openapi3.TypeObject):
		return "must be an object"
	}
	return "is of the wrong type"
}

func ofFormat(name string) string {
	switch name {
	case "uuid":
		return "must be a UUID such as 0191e0f0-0000-7000-8000-000000000001"
	case "date":
		return "must be a date such as 2026-11-23"
	case "date-time":
		return "must be a moment such as 2026-11-23T06:12:00Z"
	case "email":
		return "must be an e-mail address such as kim@example.com"
	case "line":
		return "must be one line, without characters that are not shown"
	}
	return "must be a " + name
}

// like shows the schema's example, which says more to a person than a regular expression.
func like(words string, schema *openapi3.Schema) string {
	if schema.Example == nil {
		return words + " the contract"
	}
	example, err := json.Marshal(schema.Example)
	if err != nil {
		return words + " the contract"
	}
	return words + " this example: " + strings.Trim(string(example), `"`)
}

// specialCode looks a refused value up in the schema's x-problem-code: a value that is refused for a reason of its own, such as SMS for what is
// not critical (V20).
func specialCode(mistake *openapi3.SchemaError) string {
	if mistake.SchemaField != "enum" {
		return ""
	}
	special, _ := mistake.Schema.Extensions["x-problem-code"].(map[string]any)
	value, _ := mistake.Value.(string)
	code, _ := special[value].(string)
	return code
}
