// Package webtest holds every answer of the API against openapi.yaml, for the tests of the rim and for those that go through the whole system.
// Only tests may import it. Start reading at ValidateResponse.
package webtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/uuid"

	budstikke "budstikke.example"
	"budstikke.example/app/web/contract"
)

var load = sync.OnceValues(func() (*contract.Contract, error) { return contract.Load(budstikke.OpenAPI) })

// Contract returns the contract, read once for all tests.
func Contract(tb testing.TB) *contract.Contract {
	tb.Helper()
	c, err := load()
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// ValidateResponse fails the test when an answer is not one that the contract promises for the request: a status, a header, a media type, a
// field or a problem code that is not listed. A field that the contract does not name is a failure too, because it may be one that the caller
// must not see. An address that the contract does not have must be answered as not found.
func ValidateResponse(tb testing.TB, req *http.Request, status int, header http.Header, body []byte) {
	tb.Helper()
	for _, mistake := range Mistakes(Contract(tb), req.Method, req.URL.EscapedPath(), status, header, body) {
		tb.Errorf("%s %s answered %d: %s\nbody: %s", req.Method, req.URL.Path, status, mistake, body)
	}
}

// Mistakes is ValidateResponse for whoever wants to go on with the list.
func Mistakes(c *contract.Contract, method, path string, status int, header http.Header, body []byte) []string {
	mistakes := everyAnswer(header)
	head := method == http.MethodHead
	if head {
		method = http.MethodGet
		if len(body) > 0 {
			mistakes = append(mistakes, "a HEAD request has an answer with a body")
		}
	}
	operation, found := c.Find(method, path)
	if !found {
		if status != http.StatusNotFound {
			mistakes = append(mistakes, "the contract has no such address, and it is not answered as not found")
		}
		if head {
			return mistakes
		}
		return append(mistakes, problemMistakes(c, nil, status, header, body)...)
	}
	response := operation.Spec.Responses.Value(fmt.Sprint(status))
	if response == nil {
		return append(mistakes, "the contract does not list this status for "+operation.ID)
	}
	for name := range response.Value.Headers {
		if header.Get(name) == "" {
			mistakes = append(mistakes, "the header "+name+" is missing")
		}
	}
	if head {
		return mistakes
	}
	if status >= 400 {
		return append(mistakes, problemMistakes(c, operation, status, header, body)...)
	}
	return append(mistakes, contentMistakes(response.Value.Content, header, body)...)
}

// everyAnswer checks what every answer has, whatever it is about.
func everyAnswer(header http.Header) []string {
	var mistakes []string
	if _, err := uuid.Parse(header.Get("X-Request-Id")); err != nil {
		mistakes = append(mistakes, "X-Request-Id is no UUID")
	}
	for name, want := range map[string]string{
		"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
	} {
		if header.Get(name) != want {
			mistakes = append(mistakes, name+" is not "+want)
		}
	}
	if !strings.HasPrefix(header.Get("Content-Security-Policy"), "default-src 'none'") {
		mistakes = append(mistakes, "Content-Security-Policy does not begin with default-src 'none'")
	}
	if header.Get("Server") != "" {
		mistakes = append(mistakes, "the answer names its server")
	}
	return mistakes
}

// problemMistakes checks a problem document. operation is nil for an address that the contract does not have.
func problemMistakes(c *contract.Contract, operation *contract.Operation, status int, header http.Header, body []byte) []string {
	response := c.Document.Components.Responses["NotFound"]
	if operation != nil {
		response = operation.Spec.Responses.Value(fmt.Sprint(status))
	}
	mistakes := contentMistakes(response.Value.Content, header, body)
	var problem struct {
		Type, Code string
		Status     int
	}
	if err := json.Unmarshal(body, &problem); err != nil {
		return append(mistakes, "it is no problem document")
	}
	if problem.Status != status {
		mistakes = append(mistakes, fmt.Sprintf("the problem says status %d", problem.Status))
	}
	if problem.Type != "https://budstikke.example/problems/"+problem.Code {
		mistakes = append(mistakes, "the problem's type does not end in its code")
	}
	if operation != nil && !slices.Contains(operation.Codes, problem.Code) {
		mistakes = append(mistakes, fmt.Sprintf("%s does not list the problem %q", operation.ID, problem.Code))
	}
	if status == http.StatusUnauthorized && header.Get("WWW-Authenticate") == "" {
		mistakes = append(mistakes, "WWW-Authenticate is missing")
	}
	if status == http.StatusServiceUnavailable && header.Get("Retry-After") == "" {
		mistakes = append(mistakes, "Retry-After is missing")
	}
	return mistakes
}

func contentMistakes(content openapi3.Content, header http.Header, body []byte) []string {
	if len(content) == 0 {
		if len(body) > 0 {
			return []string{"the contract promises no body"}
		}
		return nil
	}
	media, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	promised, ok := content[media]
	if !ok {
		return []string{fmt.Sprintf("the contract does not promise the media type %q", header.Get("Content-Type"))}
	}
	if media == "text/calendar" {
		if !bytes.HasPrefix(body, []byte("BEGIN:VCALENDAR\r\n")) || !bytes.HasSuffix(body, []byte("END:VCALENDAR\r\n")) {
			return []string{"the body is no calendar"}
		}
		return nil
	}
	if media == contract.Events {
		return eventMistakes(promised.Schema.Value, string(body))
	}
	return documentMistakes(promised.Schema.Value, body)
}

func documentMistakes(schema *openapi3.Schema, body []byte) []string {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return []string{"the body is no JSON"}
	}
	var mistakes []string
	for _, field := range contract.Check(schema, value) {
		mistakes = append(mistakes, fmt.Sprintf("%s %s", field.Pointer, field.Detail))
	}
	return append(mistakes, unnamed(schema, value, "")...)
}

// unnamed finds fields that the schema does not name.
func unnamed(schema *openapi3.Schema, value any, at string) []string {
	var mistakes []string
	switch value := value.(type) {
	case map[string]any:
		for name, inner := range value {
			property := schema.Properties[name]
			if property == nil {
				mistakes = append(mistakes, at+"/"+name+" is not in the contract")
				continue
			}
			mistakes = append(mistakes, unnamed(property.Value, inner, at+"/"+name)...)
		}
	case []any:
		for i, inner := range value {
			if schema.Items != nil {
				mistakes = append(mistakes, unnamed(schema.Items.Value, inner, fmt.Sprintf("%s/%d", at, i))...)
			}
		}
	}
	return mistakes
}
