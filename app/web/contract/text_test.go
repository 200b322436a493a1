package contract_test

import (
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	budstikke "budstikke.example"
	"budstikke.example/app/web/contract"
)

// free are the properties of requests that are no lines: what people write in as many lines as they like, what only its digest or a provider is
// asked about, and the names of devices, which are cleaned.
var free = map[string]string{
	"text": "prose", "note": "prose", "reason": "prose", "remark": "prose", "terms": "prose", "privacy": "prose",
	"password": "digest", "newPassword": "digest", "code": "digest", "holder": "digest", "state": "digest", "token": "digest", "refreshToken": "digest",
	"deviceSecret": "digest", "acknowledgement": "digest", "link": "digest", "publicKey": "digest", "signature": "digest",
	"issuer": "compared", "error": "compared", "transports": "compared", "name": "cleaned",
}

// A property of a request that is shown in a line beside others, such as a name, takes one line and nothing that is not shown.
func TestNamesAreLines(t *testing.T) {
	t.Parallel()
	c, err := contract.Load(budstikke.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	var look func(operation, at, name string, schema *openapi3.Schema)
	look = func(operation, at, name string, schema *openapi3.Schema) {
		switch {
		case schema.Type.Is(openapi3.TypeObject):
			for name, property := range schema.Properties {
				look(operation, at+"/"+name, name, property.Value)
			}
		case schema.Type.Is(openapi3.TypeArray):
			look(operation, at+"/0", name, schema.Items.Value)
		case !schema.Type.Is(openapi3.TypeString), len(schema.Enum) > 0, schema.Pattern != "":
		case schema.Format == "line":
			lines++
		case schema.Format == "" && free[name] == "":
			t.Errorf("%s: %s is neither a line nor one of those that are none", operation, at)
		}
	}
	for _, o := range c.Operations {
		if o.MediaType == contract.JSON {
			look(o.ID, "", "", o.Spec.RequestBody.Value.Content[o.MediaType].Schema.Value)
		}
	}
	if lines < 20 {
		t.Errorf("%d properties are lines: too few to tell anything", lines)
	}
}
