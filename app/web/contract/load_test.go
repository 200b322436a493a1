package contract

import (
	"strings"
	"testing"
)

const small = `openapi: 3.0.3
info: {title: T, version: "1"}
paths:
  /v1/things/{thingId}:
    get:
      operationId: GetThing
      tags: [staff]
      parameters:
        - {name: thingId, in: path, required: true, schema: {type: string}}
      responses: {"204": {description: D}}
components:
  schemas:
    Problem: {type: object, properties: {code: {type: string, enum: [internal]}}}
`

// What this package could not hold requests against must not start.
func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	if _, err := Load([]byte(small)); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ from, to, want string }{
		"no YAML":            {small, "{", "contract:"},
		"no OpenAPI":         {"title: T, ", "", "contract:"},
		"no operationId":     {"      operationId: GetThing\n", "", "operationId"},
		"two tags":           {"[staff]", "[staff, office]", "one tag"},
		"cookie":             {"parameters:\n", "parameters:\n        - {name: c, in: cookie, schema: {type: string}}\n", "parameter c"},
		"list parameter":     {"parameters:\n", "parameters:\n        - {name: l, in: query, schema: {type: array, items: {type: string}}}\n", "parameter l"},
		"body of XML":        {"      responses", "      requestBody: {content: {application/xml: {schema: {type: string}}}}\n      responses", "application/xml"},
		"two types of body":  {"      responses", "      requestBody: {content: {application/json: {}, application/xml: {}}}\n      responses", "one media type"},
		"form with a number": {"      responses", "      requestBody: {content: {application/x-www-form-urlencoded: {schema: {type: object, properties: {n: {type: integer}}}}}}\n      responses", "form field n"},
		"no codes":           {"{code: {type: string, enum: [internal]}}", "{}", "lists no codes"},
		"two for one path": {"components:", `  /v1/things/all:
    get: {operationId: ListThings, tags: [staff], responses: {"204": {description: D}}}
components:`, "one path fits both"},
		"the same name twice": {"components:", `  /v1/others:
    get: {operationId: GetThing, tags: [staff], responses: {"204": {description: D}}}
components:`, "GetThing"},
	} {
		source := strings.Replace(small, c.from, c.to, 1)
		if source == small {
			t.Fatalf("%s: nothing was changed", name)
		}
		if _, err := Load([]byte(source)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: Load = %v, want an error about %q", name, err, c.want)
		}
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	c, err := Load([]byte(small))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{
		"/v1/things/7": true, "/v1/things/": false, "/v1/things": false, "/v1/things/7/8": false, "/v1/others/7": false, "": false,
	} {
		if _, found := c.Find("GET", path); found != want {
			t.Errorf("Find(%q) = %t, want %t", path, found, want)
		}
	}
	if _, found := c.Find("POST", "/v1/things/7"); found {
		t.Error("a method that the contract does not have is found")
	}
}
