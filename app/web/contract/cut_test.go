package contract

import (
	"strings"
	"testing"
)

const cutSource = `
openapi: 3.0.3
info: {title: t, version: "1"}
paths:
  /a:
    get:
      operationId: A
      tags: [x]
      responses:
        "200": {description: d, content: {application/json: {schema: {$ref: "#/components/schemas/List"}}}}
        "404": {description: d, content: {application/json: {schema: {$ref: "#/components/schemas/Problem"}}}}
components:
  schemas:
    Problem: {type: object, properties: {code: {type: string, enum: [x]}}}
    List: {type: object, required: [items], properties: {items: {type: array, items: {$ref: "#/components/schemas/Item"}}, next: {type: string}}}
    Item:
      type: object
      required: [id, text, loud, tags]
      properties:
        id: {type: string, format: uuid}
        text: {type: string}
        loud: {type: boolean}
        tags: {type: array, items: {type: string}}
        count: {type: integer}
        more: {$ref: "#/components/schemas/More"}
    More: {type: object, properties: {text: {type: string}, deep: {type: integer}}}
`

// What is not shown goes, or is empty where the contract wants it; all else stays as it is, numbers to the last digit.
func TestCut(t *testing.T) {
	t.Parallel()
	c, err := Load([]byte(cutSource))
	if err != nil {
		t.Fatal(err)
	}
	o := c.Operations[0]
	hidden := "Item.text Item.loud Item.tags Item.count More.text"
	cut, err := o.Cut(func(schema, property string) bool {
		return !strings.Contains(" "+hidden+" ", " "+schema+"."+property+" ")
	})
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{
		`{"items":[{"id":"1","text":"a","loud":true,"tags":["b"],"count":3,"more":{"text":"c","deep":12345678901234567890}}],"next":"n"}`: `{"items":[{"id":"1","loud":false,"more":{"deep":12345678901234567890},"tags":[],"text":""}],"next":"n"}`,
		`{"items":[{"id":"1"}]}`: `{"items":[{"id":"1"}]}`,
		`{"items":[]}`:           `{"items":[]}`,
		`{"items":null}`:         `{"items":null}`,
	} {
		got, err := cut.JSON(200, []byte(in))
		if err != nil || string(got) != want {
			t.Errorf("%s was cut to %s, %v", in, got, err)
		}
	}
	if got, err := cut.JSON(404, []byte(`not touched`)); err != nil || string(got) != "not touched" {
		t.Errorf("an answer without anything to cut became %s, %v", got, err)
	}
	if _, err := cut.JSON(200, []byte(`{"items":`)); err == nil {
		t.Error("half an answer was cut")
	}
	if _, err := o.Cut(func(_, property string) bool { return property != "id" }); err == nil {
		t.Error("an id that must be there was cut")
	}
	all, err := o.Cut(func(string, string) bool { return true })
	if same := []byte(`{"items": [1]}`); err != nil || len(all.answers) != 0 {
		t.Errorf("a set that holds everything cuts: %v, %s", err, same)
	}
}

// A schema that cannot be looked through is no answer that can be cut, and says so before the first request.
func TestWhatCannotBeCut(t *testing.T) {
	t.Parallel()
	for name, more := range map[string]string{
		"itself":       "    More: {type: object, properties: {text: {type: string}, deep: {$ref: \"#/components/schemas/More\"}}}",
		"put together": "    More: {oneOf: [{type: string}, {type: integer}]}",
	} {
		at := strings.Index(cutSource, "    More: {type")
		c, err := Load([]byte(cutSource[:at] + more + "\n"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Operations[0].Cut(func(_, property string) bool { return property != "text" }); err == nil {
			t.Errorf("%s: passed", name)
		}
	}
}
