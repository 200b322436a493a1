package web

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/gofiber/fiber/v2"

	budstikke "budstikke.example"
	"budstikke.example/app/guardian"
	"budstikke.example/app/machine"
	"budstikke.example/app/office"
	"budstikke.example/app/signin"
	"budstikke.example/app/staff"
	"budstikke.example/app/web/contract"
	"budstikke.example/auth/access"
)

// shut are rooms that offer everything and do nothing: the program looks at what they offer before it lets anybody in.
func shut() Rooms {
	return Rooms{
		Signin: struct{ signin.StrictServerInterface }{}, Guardian: struct{ guardian.StrictServerInterface }{}, Staff: struct{ staff.StrictServerInterface }{},
		Office: struct{ office.StrictServerInterface }{}, Machine: struct{ machine.StrictServerInterface }{},
	}
}

// starting is what the program says when it starts with a contract of which one thing is changed.
func starting(t *testing.T, change func(c *contract.Contract)) string {
	t.Helper()
	changed, err := contract.Load(budstikke.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(changed)
	}
	s := &Server{contract: changed, app: fiber.New(fiber.Config{DisableStartupMessage: true})}
	if err := s.mountRooms(shut()); err != nil {
		return err.Error()
	}
	return ""
}

// P1: the program does not start when an operation has no policy, a policy no operation, or the two do not fit each other, and says which.
func TestContractAndPoliciesThatDoNotFitDoNotStart(t *testing.T) {
	t.Parallel()
	if said := starting(t, nil); said != "" {
		t.Fatalf("as it is: %s", said)
	}
	operation := func(c *contract.Contract, id string) *contract.Operation {
		return c.Operations[slices.IndexFunc(c.Operations, func(o *contract.Operation) bool { return o.ID == id })]
	}
	parameter := func(c *contract.Contract, id, name string) *openapi3.Parameter {
		list := operation(c, id).Parameters
		return list[slices.IndexFunc(list, func(p *openapi3.Parameter) bool { return p.Name == name })]
	}
	schema := func(c *contract.Contract, name string) *openapi3.Schema {
		return c.Document.Components.Schemas[name].Value
	}
	for name, c := range map[string]struct {
		change func(c *contract.Contract)
		says   []string
	}{
		"an operation without a policy": {
			func(c *contract.Contract) { operation(c, "GetChild").ID = "EraseChild" },
			[]string{"EraseChild has no policy", "GetChild has no operation any more"},
		},
		"an operation with nobody's code": {
			func(c *contract.Contract) {
				extra := *operation(c, "GetChild")
				extra.ID, extra.Path = "EraseChild", "/v1/guardian/erased/{childId}"
				c.Operations = append(c.Operations, &extra)
			},
			[]string{"EraseChild has no policy", "no room offers it"},
		},
		"a policy without an operation": {
			func(c *contract.Contract) {
				c.Operations = slices.DeleteFunc(c.Operations, func(o *contract.Operation) bool { return o.ID == "GetChild" })
			},
			[]string{"GetChild has no operation any more", "openapi.yaml does not promise it"},
		},
		"a session that nobody asks for": {
			func(c *contract.Contract) { operation(c, "GetChild").Secured = false }, []string{"GetChild", "asks for a session: false"},
		},
		"a session of nobody's": {
			func(c *contract.Contract) { operation(c, "StartBankID").Secured = true }, []string{"StartBankID", "asks for a session: true"},
		},
		"an id of another name": {
			func(c *contract.Contract) { parameter(c, "GetChild", "childId").Name = "kidId" }, []string{"GetChild takes its id from the path childId"},
		},
		"an id that may be left out": {
			func(c *contract.Contract) { parameter(c, "GetChild", "childId").Required = false }, []string{"GetChild takes its id from the path childId"},
		},
		"a PIN that the contract does not ask for": {
			func(c *contract.Contract) {
				o := operation(c, "ReplyToGuardian")
				o.Codes = slices.DeleteFunc(o.Codes, func(code string) bool { return code == "pin_required" })
			}, []string{"a PIN opens ReplyToGuardian: true"},
		},
		"a PIN that opens nothing": {
			func(c *contract.Contract) {
				o := operation(c, "RaiseAlert")
				o.Codes = append(o.Codes, "pin_required")
			}, []string{"a PIN opens RaiseAlert: false"},
		},
		"an id that is any text": {
			func(c *contract.Contract) {
				p := parameter(c, "GetChild", "childId")
				loose := *p.Schema.Value
				loose.Format = ""
				p.Schema = &openapi3.SchemaRef{Value: &loose}
			},
			[]string{"GetChild takes its id from the path childId"},
		},
		"an id of the body that may be left out": {
			func(c *contract.Contract) {
				body := operation(c, "StartConversation").Spec.RequestBody.Value.Content[contract.JSON].Schema.Value
				body.Required = slices.DeleteFunc(body.Required, func(name string) bool { return name == "childId" })
			},
			[]string{"StartConversation takes its id from the body childId"},
		},
		"a body that is gone": {
			func(c *contract.Contract) { operation(c, "StartConversation").Spec.RequestBody = nil }, []string{"StartConversation takes its id from the body childId"},
		},
		"a field that no answer has": {
			func(c *contract.Contract) { delete(schema(c, "Absence").Properties, "note") }, []string{"names Absence.note, which openapi.yaml does not have"},
		},
		"a schema that is gone": {
			func(c *contract.Contract) { delete(c.Document.Components.Schemas, "RollCallChild") }, []string{"names the schema RollCallChild"},
		},
		"a field that is cut, must be there and cannot be empty": {
			func(c *contract.Contract) { schema(c, "Absence").Properties["note"].Value.MinLength = 1 },
			[]string{"GetAbsence cannot be cut", "Absence.note must be there"},
		},
		"an answer that cannot be looked through": {
			func(c *contract.Contract) {
				schema(c, "Absence").OneOf = openapi3.SchemaRefs{{Value: openapi3.NewStringSchema()}}
			},
			[]string{"GetAbsence cannot be cut", "put together of others"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			said := starting(t, c.change)
			for _, says := range c.says {
				if !strings.Contains(said, says) {
					t.Errorf("it does not say %q: %q", says, said)
				}
			}
		})
	}
}

// A line of the registry that does not fit its operation does not start either.
func TestPoliciesThatDoNotFitTheirOperation(t *testing.T) {
	t.Parallel()
	document, err := promises()
	if err != nil {
		t.Fatal(err)
	}
	tried := map[string]int{}
	for _, o := range document.Operations {
		p, ok := access.Of(o.ID)
		if !ok || fits(o, p) != nil {
			t.Errorf("%s does not fit as it is", o.ID)
			continue
		}
		refused := func(what string, p access.Policy) {
			if tried[what]++; fits(o, p) == nil {
				t.Errorf("%s passes with %s", o.ID, what)
			}
		}
		stranger := p
		stranger.Callers = append(slices.Clone(p.Callers), access.Machine)
		if !o.Secured {
			stranger.Callers = []access.Caller{access.Guardian}
		}
		refused("a caller of the other kind", stranger)
		if o.Secured && o.Repeatable && o.Method != http.MethodGet {
			silent := p
			silent.Audit = access.AuditNone
			refused("a write that leaves nothing", silent)
		}
		if p.From.In != "" {
			for _, from := range []access.Source{{In: p.From.In, Name: "zzId"}, {In: "header", Name: p.From.Name}, {In: "cookie", Name: p.From.Name}} {
				lost := p
				lost.From = from
				refused("an id from nowhere", lost)
			}
		}
	}
	for what, n := range map[string]int{"a caller of the other kind": 150, "a write that leaves nothing": 40, "an id from nowhere": 150} {
		if tried[what] < n {
			t.Errorf("%s was tried %d times only", what, tried[what])
		}
	}
}

// A registry that lacks an operation, or has one too many, is found before the first request.
func TestRegistryIsHeldAgainstTheContract(t *testing.T) {
	t.Parallel()
	document, err := promises()
	if err != nil {
		t.Fatal(err)
	}
	if err := policed(document.Operations); err != nil {
		t.Fatal(err)
	}
	for i, o := range document.Operations {
		if err := policed(slices.Delete(slices.Clone(document.Operations), i, i+1)); err == nil || !strings.Contains(err.Error(), "policy of "+o.ID+" has no operation") {
			t.Errorf("without %s: %v", o.ID, err)
		}
		renamed := slices.Clone(document.Operations)
		other := *o
		other.ID += "Anew"
		renamed[i] = &other
		if err := policed(renamed); err == nil || !strings.Contains(err.Error(), "operation "+other.ID+" has no policy") {
			t.Errorf("%s by another name: %v", o.ID, err)
		}
	}
}
