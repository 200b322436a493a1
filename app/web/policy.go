package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/uuid"

	"budstikke.example/app/web/contract"
	"budstikke.example/auth"
	"budstikke.example/auth/access"
)

// policed makes sure, before the first request, that every operation of the contract has its line in auth/access and every line an operation,
// and that the line fits: an id is named where the contract has one, and a session is asked for where somebody in particular may call.
func policed(operations []*contract.Operation) error {
	ids := make([]string, len(operations))
	for i, o := range operations {
		ids[i] = o.ID
	}
	mistakes := []error{access.Check(ids)}
	for _, o := range operations {
		if p, ok := access.Of(o.ID); ok {
			mistakes = append(mistakes, fits(o, p))
		}
	}
	return errors.Join(mistakes...)
}

func fits(o *contract.Operation, p access.Policy) error {
	for _, caller := range p.Callers {
		if known := caller != access.SignIn && caller != access.Machine; known != o.Secured {
			return fmt.Errorf("web: the policy of %s is for %s, and the contract asks for a session: %t", o.ID, caller, o.Secured)
		}
	}
	if o.Method != http.MethodGet && o.Repeatable && p.Audit == access.AuditNone && o.Secured {
		return fmt.Errorf("web: the policy of %s says that nothing of a write is kept (B5)", o.ID)
	}
	if p.PIN != slices.Contains(o.Codes, "pin_required") {
		return fmt.Errorf("web: a PIN opens %s: %t, and the contract says otherwise by the code pin_required (V7)", o.ID, p.PIN)
	}
	switch p.From.In {
	case "":
		return nil
	case "path", "query":
		if slices.ContainsFunc(o.Parameters, func(q *openapi3.Parameter) bool {
			return q.In == p.From.In && q.Name == p.From.Name && q.Required && q.Schema.Value.Format == "uuid"
		}) {
			return nil
		}
	case "body":
		if o.Spec.RequestBody == nil || o.Spec.RequestBody.Value.Content[contract.JSON] == nil {
			break
		}
		schema := o.Spec.RequestBody.Value.Content[contract.JSON].Schema.Value
		if property := schema.Properties[p.From.Name]; property != nil && property.Value.Format == "uuid" && slices.Contains(schema.Required, p.From.Name) {
			return nil
		}
	}
	return fmt.Errorf("web: the policy of %s takes its id from the %s %s, where the contract has no id that must be there", o.ID, p.From.In, p.From.Name)
}

// decided puts into the context which operation the request is for, and about what, so that no transaction opens before the policy has decided.
// The reason of a refusal goes to the request's line in the log and nowhere else.
func (s *Server) decided(ctx context.Context, r *record, operation *contract.Operation, a *contract.Accepted) (context.Context, error) {
	policy, ok := access.Of(operation.ID)
	if !ok {
		return nil, fmt.Errorf("web: the operation %s has no policy", operation.ID)
	}
	question := auth.Question{Policy: policy, Decided: func(d access.Decision) {
		r.shown.note(d)
		if !d.Allow {
			r.refused = d.Reason
		}
	}}
	if policy.From.In != "" {
		var err error
		if question.ID, err = uuid.Parse(named(policy.From, a)); err != nil { // held against the contract already
			return nil, fmt.Errorf("web: the id of %s: %w", operation.ID, err)
		}
	}
	return auth.WithOperation(ctx, question), nil
}

// named is the id that a request names.
func named(from access.Source, a *contract.Accepted) string {
	switch from.In {
	case "path":
		return a.Path[from.Name]
	case "query":
		return a.Query.Get(from.Name)
	}
	body, _ := a.Body.(map[string]any)
	id, _ := body[from.Name].(string)
	return id
}
