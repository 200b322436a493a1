package contract_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	budstikke "budstikke.example"
	"budstikke.example/app/web/contract"
)

// statuses are those that each code of a problem is answered with; every other code is a refusal of its operation's own (400, 409, 422).
var statuses = map[string]string{
	"request_invalid": "400", "idempotency_key_missing": "400", "cursor_invalid": "400", "sms_only_for_critical": "400", "sign_in_required": "401",
	"sign_in_failed": "401", "signature_invalid": "401", "pin_required": "401", "pin_wrong": "401", "pin_locked": "401", "not_found": "404", "idempotency_key_in_flight": "409", "version_outdated": "412",
	"body_too_large": "413", "media_type_not_supported": "415", "idempotency_key_reused": "422", "version_required": "428",
	"too_many_attempts": "429", "too_many_streams": "429", "internal": "500", "unavailable": "503",
}

// The contract says of each operation what a person who calls it needs to know, and lists every problem that the rim itself can answer.
func TestContractIsComplete(t *testing.T) {
	t.Parallel()
	c, err := contract.Load(budstikke.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, o := range c.Operations {
		for _, mistake := range mistakesOf(c, o) {
			t.Errorf("%s: %s", o.ID, mistake)
		}
		for _, code := range o.Codes {
			used[code] = true
		}
	}
	for _, code := range c.Codes {
		if !used[code] {
			t.Errorf("no operation answers the problem %s", code)
		}
	}
	for _, tag := range c.Document.Tags {
		if tag.Description == "" {
			t.Errorf("the tag %s says nothing of itself", tag.Name)
		}
	}
}

func mistakesOf(c *contract.Contract, o *contract.Operation) []string {
	var mistakes []string
	must := func(holds bool, mistake string, args ...any) {
		if !holds {
			mistakes = append(mistakes, fmt.Sprintf(mistake, args...))
		}
	}
	must(o.Spec.Summary != "", "no summary")
	must(strings.HasPrefix(o.Spec.Description, "Called by "), "the description does not begin with who calls it")
	must(slices.ContainsFunc(c.Document.Tags, func(tag *openapi3.Tag) bool { return tag.Name == o.Tag }), "the tag %s is not explained", o.Tag)
	must(strings.HasPrefix(o.Path, "/v1/"+o.Tag+"/") || o.ID == "ListMunicipalities", "the path is not in the room of the tag")

	write := o.Method != http.MethodGet
	question, _ := o.Spec.Extensions["x-stores-nothing"].(bool) // asked by POST because of its length; nothing to do twice
	unkept, _ := o.Spec.Extensions["x-answer-not-kept"].(bool)  // its answer is a secret for one device
	must(!write || question || o.Tag == "machine" || o.Repeatable, "a write without Idempotency-Key (B6)")
	must(!question || !o.Repeatable, "a question with Idempotency-Key")
	must(write || !o.Repeatable, "a read with Idempotency-Key")
	must(o.Secured || o.Tag == "signin" || o.Tag == "machine", "no session is needed")

	need := map[string]bool{
		"request_invalid": true, "internal": true, "unavailable": true, "sign_in_required": o.Secured, "idempotency_key_missing": o.Repeatable,
		"idempotency_key_in_flight": o.Repeatable && !unkept, "idempotency_key_reused": o.Repeatable && !unkept, "version_required": o.Versioned,
		"version_outdated": o.Versioned, "body_too_large": o.MediaType != "", "media_type_not_supported": o.MediaType != "",
	}
	for _, code := range o.Codes {
		must(slices.Contains(c.Codes, code), "the problem %s is not in the list of codes", code)
		if status := statuses[code]; status != "" {
			must(o.Spec.Responses.Value(status) != nil, "the problem %s needs the answer %s", code, status)
		}
		if want, ruled := need[code]; ruled {
			must(want, "the problem %s cannot be answered", code)
		}
	}
	for code, needed := range need {
		must(!needed || slices.Contains(o.Codes, code), "the problem %s is not listed", code)
	}
	for _, p := range o.Parameters {
		if p.Example != nil {
			must(len(contract.Check(p.Schema.Value, p.Example)) == 0, "the example of parameter %s does not fit", p.Name)
		}
		must(p.Example != nil || !p.Required, "parameter %s has no example", p.Name)
	}
	if o.Spec.RequestBody != nil {
		schema := o.Spec.RequestBody.Value.Content[o.MediaType].Schema.Value
		must(o.MediaType != contract.JSON || closed(schema), "the body takes fields that it does not name")
		mistakes = append(mistakes, examples(schema, "body")...)
	}
	for status, response := range o.Spec.Responses.Map() {
		must(response.Value.Description != nil && *response.Value.Description != "", "the answer %s is not described", status)
		for mediaType, media := range response.Value.Content {
			must(status < "400" == (mediaType == contract.JSON || (mediaType == contract.Events || mediaType == "text/calendar") && !write), "the answer %s is of type %s", status, mediaType)
			mistakes = append(mistakes, examples(media.Schema.Value, status)...)
		}
	}
	return mistakes
}

func closed(schema *openapi3.Schema) bool {
	return schema.AdditionalProperties.Has != nil && !*schema.AdditionalProperties.Has
}

// examples finds values without an example, or with one that does not fit.
func examples(schema *openapi3.Schema, at string) []string {
	var mistakes []string
	if schema.Example != nil {
		for _, field := range contract.Check(schema, schema.Example) {
			mistakes = append(mistakes, fmt.Sprintf("the example of %s%s %s", at, field.Pointer, field.Detail))
		}
		return mistakes
	}
	switch {
	case schema.Type.Is(openapi3.TypeObject):
		for name, property := range schema.Properties {
			mistakes = append(mistakes, examples(property.Value, at+"/"+name)...)
		}
	case schema.Type.Is(openapi3.TypeArray):
		mistakes = append(mistakes, examples(schema.Items.Value, at+"/0")...)
	default:
		mistakes = append(mistakes, at+" has no example")
	}
	return mistakes
}
