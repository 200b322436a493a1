package contract

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// The media types that a body may be of.
const (
	JSON = "application/json"
	Form = "application/x-www-form-urlencoded"
	// Events is what an answer may be of, beside JSON: server-sent events. The schema is that of the data of each event.
	Events = "text/event-stream"
)

// Names of the parameters that have a meaning beyond their value.
const (
	keyHeader     = "Idempotency-Key"
	versionHeader = "If-Match"
)

// Operation is one operation of the contract.
type Operation struct {
	ID     string // operationId, for example ReportAbsence
	Method string // in capitals
	Path   string // the template, for example /v1/guardian/children/{childId}
	Tag    string // the room
	// Secured says that the caller needs a session. Nobody is known otherwise.
	Secured bool
	// Repeatable says that the operation takes an Idempotency-Key (B6).
	Repeatable bool
	// Versioned says that the operation takes If-Match.
	Versioned bool
	// Codes are the words of the problems that the operation lists.
	Codes []string
	// Parameters are those of path, query and header.
	Parameters []*openapi3.Parameter
	// MediaType is what a body must be, "" for an operation that takes none.
	MediaType string
	// Spec is the operation as the contract has it.
	Spec *openapi3.Operation

	body         *openapi3.Schema
	bodyRequired bool
}

func newOperation(document *openapi3.T, method, path string, shared openapi3.Parameters, spec *openapi3.Operation) (*Operation, error) {
	o := &Operation{ID: spec.OperationID, Method: method, Path: path, Spec: spec}
	if o.ID == "" || len(spec.Tags) != 1 {
		return nil, errors.New("needs an operationId and one tag")
	}
	o.Tag = spec.Tags[0]
	security := document.Security
	if spec.Security != nil {
		security = *spec.Security
	}
	o.Secured = len(security) > 0
	for _, ref := range slices.Concat(shared, spec.Parameters) {
		if err := o.addParameter(ref.Value); err != nil {
			return nil, err
		}
	}
	listed, _ := spec.Extensions["x-problem-codes"].([]any)
	for _, code := range listed {
		if word, ok := code.(string); ok {
			o.Codes = append(o.Codes, word)
		}
	}
	if spec.RequestBody == nil {
		return o, nil
	}
	return o, o.setBody(spec.RequestBody.Value)
}

func (o *Operation) addParameter(p *openapi3.Parameter) error {
	if p.In == openapi3.ParameterInCookie || p.Schema == nil || len(p.Content) > 0 {
		return fmt.Errorf("parameter %s: only path, query and header parameters with a schema are supported", p.Name)
	}
	if !scalar(p.Schema.Value) {
		return fmt.Errorf("parameter %s: only text and whole numbers are supported", p.Name)
	}
	if p.In == openapi3.ParameterInHeader {
		o.Repeatable = o.Repeatable || p.Name == keyHeader
		o.Versioned = o.Versioned || p.Name == versionHeader
	}
	o.Parameters = append(o.Parameters, p)
	return nil
}

func (o *Operation) setBody(body *openapi3.RequestBody) error {
	if len(body.Content) != 1 {
		return errors.New("a body is of one media type")
	}
	for name, media := range body.Content {
		if name != JSON && name != Form || media.Schema == nil {
			return fmt.Errorf("a body of type %s is not supported", name)
		}
		o.MediaType, o.body, o.bodyRequired = name, media.Schema.Value, body.Required
	}
	if o.MediaType != Form {
		return nil
	}
	for name, property := range o.body.Properties {
		if !property.Value.Type.Is(openapi3.TypeString) {
			return fmt.Errorf("form field %s: only text is supported", name)
		}
	}
	return nil
}

func scalar(schema *openapi3.Schema) bool {
	return schema.Type.Is(openapi3.TypeString) || schema.Type.Is(openapi3.TypeInteger)
}

// match returns the values of the path's parameters when path fits the template.
func (o *Operation) match(path string) (map[string]string, bool) {
	want, got := strings.Split(o.Path, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return nil, false
	}
	values := map[string]string{}
	for i, segment := range want {
		if name, ok := strings.CutPrefix(segment, "{"); ok && got[i] != "" {
			values[strings.TrimSuffix(name, "}")] = got[i]
		} else if segment != got[i] {
			return nil, false
		}
	}
	return values, true
}
