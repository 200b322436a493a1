package web_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"budstikke.example/app/postgres"
	"budstikke.example/app/web/contract"
	"budstikke.example/app/web/webtest"
	"budstikke.example/auth"
	"budstikke.example/auth/access"
	"budstikke.example/migrations/scope"
)

// decides stands for the transaction of a room that shows everything it has: the decision falls, and nothing is left out.
func decides(decisions ...access.Decision) func(context.Context, any) error {
	return func(ctx context.Context, _ any) error {
		gate, _ := scope.GateOf(ctx)
		for _, d := range decisions {
			gate.(auth.Question).Decided(d)
		}
		return nil
	}
}

func allowed(set access.Fields) access.Decision {
	return access.Decision{Allow: true, Reason: access.RoleHere, Fields: set}
}

// V7, V17, B11: whatever a room puts into its answer, nothing leaves that the decided set does not hold; for every operation and every set that its
// policy may end in. The answer is still one that the contract promises.
func TestNothingLeavesOutsideTheDecidedFields(t *testing.T) {
	t.Parallel()
	cut := map[string]bool{}
	for _, set := range []access.Fields{access.RollCall, access.WithoutWords, access.AllFields} {
		on := hooks{}
		for _, o := range webtest.Contract(t).Operations {
			on[o.ID] = decides(allowed(set))
		}
		b := setup(t, on)
		for _, o := range b.Contract().Operations {
			if p, _ := access.Of(o.ID); !slices.Contains(p.Sets(), set) || !answersJSON(o) {
				continue
			}
			full := setup(t, nil).answerTo(t, o)
			got := b.answerTo(t, o)
			status := o.Spec.Responses.Status(got.status)
			if status == nil {
				t.Errorf("%s answered %d", o.ID, got.status)
				continue
			}
			schema := status.Value.Content[contract.JSON].Schema
			if err := schema.Value.VisitJSON(got.value); err != nil {
				t.Errorf("%s cut to %s is not what the contract promises: %v", o.ID, set, err)
			}
			for _, beyond := range outside(schema, got.value, set, "") {
				t.Errorf("%s, decided to show %s, tells %s", o.ID, set, beyond)
			}
			if len(outside(schema, full.value, set, "")) > 0 {
				cut[o.ID+" "+set.String()] = true
			}
			if set == access.AllFields && full.body != got.body {
				t.Errorf("%s was cut although everything is shown", o.ID)
			}
		}
	}
	for _, want := range []string{"GetAbsence without_words", "ListReportedAbsences without_words"} {
		if !cut[want] {
			t.Errorf("%s had nothing to cut: the test would not notice", want)
		}
	}
}

type told struct {
	status int
	body   string
	value  any
}

func (b *bundle) answerTo(t *testing.T, o *contract.Operation) told {
	t.Helper()
	got := b.do(b.sample(o))
	a := told{status: got.status, body: got.body}
	if err := json.Unmarshal([]byte(got.body), &a.value); err != nil {
		t.Fatalf("%s answered %d %q: %v", o.ID, got.status, got.body, err)
	}
	return a
}

func answersJSON(o *contract.Operation) bool {
	for status, r := range o.Spec.Responses.Map() {
		if strings.HasPrefix(status, "2") && r.Value.Content[contract.JSON] == nil {
			return false
		}
	}
	return true
}

// outside names what a value tells beyond a set. It shares nothing with what cuts but the list of sets.
func outside(ref *openapi3.SchemaRef, value any, set access.Fields, at string) []string {
	var told []string
	switch v := value.(type) {
	case []any:
		for _, each := range v {
			told = append(told, outside(ref.Value.Items, each, set, at+"[]")...)
		}
	case map[string]any:
		for name, each := range v {
			property := ref.Value.Properties[name]
			switch {
			case property == nil:
				told = append(told, at+"."+name+", which the contract does not know")
			case !set.Holds(ref.Ref[strings.LastIndex(ref.Ref, "/")+1:], name) && each != "" && each != false:
				told = append(told, at+"."+name)
			default:
				told = append(told, outside(property, each, set, at+"."+name)...)
			}
		}
	}
	return told
}

// What several transactions of a request were let through with, the least counts; of what is gone the words are not told again (B6); and a set that
// the policy does not foresee lets nothing out.
func TestTheLeastThatWasDecidedIsShown(t *testing.T) {
	t.Parallel()
	const words = `"note":"`
	refused := access.Decision{Reason: access.Unknown}
	for name, c := range map[string]struct {
		decisions []access.Decision
		shows     bool
		status    int
	}{
		"no transaction":    {nil, true, 200},
		"all":               {[]access.Decision{allowed(access.AllFields)}, true, 200},
		"all and less":      {[]access.Decision{allowed(access.AllFields), allowed(access.WithoutWords)}, false, 200},
		"less and all":      {[]access.Decision{allowed(access.WithoutWords), allowed(access.AllFields)}, false, 200},
		"gone":              {[]access.Decision{refused}, false, 200},
		"refused, then all": {[]access.Decision{refused, allowed(access.AllFields)}, true, 200},
		"not foreseen":      {[]access.Decision{allowed(access.RollCall)}, false, 500},
	} {
		got := setup(t, hooks{"GetAbsence": decides(c.decisions...)})
		r := got.do(got.request("GetAbsence"))
		if r.status != c.status || strings.Contains(r.body, words) && !strings.Contains(r.body, words+`"`) != c.shows {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
		if r.status != http.StatusOK && strings.Contains(r.body, words) {
			t.Errorf("%s: %s", name, r.body)
		}
	}
}

// Every property called after words is in a set, or it is no guardian's word: a new one begins with a decision.
func TestWordsAreInASet(t *testing.T) {
	t.Parallel()
	staffs := []string{"Alert.text", "ApplicationCase.note", "AssistedCase.note", "BankIDProgress.text", "ProofProgress.text", "SignInOutcome.text", "ReviewReport.text",
		"ReviewRow.note"}
	var words []string
	for name, schema := range webtest.Contract(t).Document.Components.Schemas {
		for _, property := range []string{"note", "text", "comment", "words"} {
			if schema.Value.Properties[property] != nil && answered(t, name) && !slices.Contains(staffs, name+"."+property) {
				words = append(words, name+"."+property)
				if access.WithoutWords.Holds(name, property) {
					t.Errorf("%s.%s is shown to who reads no words: name it in auth/access/fields.go, or here when no guardian wrote it", name, property)
				}
			}
		}
	}
	if len(words) < 3 {
		t.Errorf("only %v", words)
	}
}

// answered tells whether a schema stands in an answer.
func answered(t *testing.T, name string) bool {
	t.Helper()
	var in func(ref *openapi3.SchemaRef) bool
	in = func(ref *openapi3.SchemaRef) bool {
		if ref == nil || strings.HasSuffix(ref.Ref, "/"+name) {
			return ref != nil
		}
		for _, property := range ref.Value.Properties {
			if in(property) {
				return true
			}
		}
		return in(ref.Value.Items)
	}
	for _, o := range webtest.Contract(t).Operations {
		for status, r := range o.Spec.Responses.Map() {
			if c := r.Value.Content[contract.JSON]; strings.HasPrefix(status, "2") && c != nil && in(c.Schema) {
				return true
			}
		}
	}
	return false
}

// B6: an answer that is given again is cut to what is decided now, not to what was decided when it was kept.
func TestAnswerThatIsGivenAgainIsCut(t *testing.T) {
	t.Parallel()
	keep := func(body string) *postgres.Replay {
		text, err := json.Marshal(map[string]any{"s": 200, "h": [][2]string{{"Content-Type", contract.JSON}, {"ETag", `"3"`}}, "b": []byte(body)})
		if err != nil {
			t.Fatal(err)
		}
		return &postgres.Replay{Answer: text}
	}
	whole := setup(t, nil)
	full := whole.do(whole.request("GetAbsence")).body
	if !strings.Contains(full, `"note":"`) || strings.Contains(full, `"note":""`) {
		t.Fatalf("the example has no note: %s", full)
	}
	for set, shows := range map[access.Fields]bool{access.AllFields: true, access.WithoutWords: false} {
		b := setup(t, hooks{"GetAbsence": func(ctx context.Context, q any) error {
			_ = decides(allowed(set))(ctx, q)
			return keep(full)
		}})
		got := b.do(b.request("GetAbsence")).want(t, http.StatusOK, "")
		if (got.body == full) != shows || strings.Contains(got.body, `"note":""`) == shows || got.header.Get("Idempotent-Replay") == "" {
			t.Errorf("%s: %s", set, got.body)
		}
	}
	b := setup(t, hooks{"GetAbsence": func(ctx context.Context, q any) error {
		_ = decides(allowed(access.WithoutWords))(ctx, q)
		return keep(full[:len(full)/2])
	}})
	if got := b.raw(b.request("GetAbsence")); got.status != http.StatusInternalServerError || strings.Contains(got.body, `"note"`) || got.header.Get("Idempotent-Replay") != "" {
		t.Errorf("half an answer: %d %s", got.status, got.body)
	}
}
