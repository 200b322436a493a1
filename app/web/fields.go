package web

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"budstikke.example/app/web/contract"
	"budstikke.example/auth/access"
)

// cuts are what takes out of an operation's answers what a set of fields does not hold, for each set that a decision may end in.
type cuts map[access.Fields]*contract.Cut

// cutsOf makes them before the first request, so that a set which names what the contract does not have, or would leave an answer that the
// contract does not promise, keeps the program from starting.
func cutsOf(document *contract.Contract) (map[string]cuts, error) {
	mistakes := []error{fieldsExist(document)}
	all := map[string]cuts{}
	for _, o := range document.Operations {
		p, _ := access.Of(o.ID)
		all[o.ID] = cuts{}
		for i, set := range p.Sets() {
			if set == access.AllFields {
				continue
			}
			cut, err := o.Cut(set.Holds)
			if err == nil && i > 0 && !cut.OnlyJSON() {
				err = fmt.Errorf("web: an answer of %s that is not JSON cannot be cut to %s", o.ID, set)
			}
			mistakes = append(mistakes, err)
			all[o.ID][set] = cut
		}
	}
	return all, errors.Join(mistakes...)
}

// fieldsExist holds the properties that sets of fields name against the contract.
func fieldsExist(document *contract.Contract) error {
	var mistakes []error
	for schema, properties := range access.FieldNames() {
		ref := document.Document.Components.Schemas[schema]
		if ref == nil {
			mistakes = append(mistakes, fmt.Errorf("web: a set of fields names the schema %s, which openapi.yaml does not have", schema))
			continue
		}
		for _, property := range properties {
			if ref.Value.Properties[property] == nil {
				mistakes = append(mistakes, fmt.Errorf("web: a set of fields names %s.%s, which openapi.yaml does not have", schema, property))
			}
		}
	}
	return errors.Join(mistakes...)
}

// shown is what the decisions of a request let its answer show: the least of what each transaction was let through with. A request that opened
// none shows what its policy says. One that was let through by none answers with what was kept for its repetition, of something that is gone
// (B6): its words are not told again.
type shown struct {
	allowed, refused bool
	least            access.Fields
}

func (s *shown) note(d access.Decision) {
	switch {
	case !d.Allow:
		s.refused = true
	case !s.allowed:
		s.allowed, s.least = true, d.Fields
	default:
		s.least = min(s.least, d.Fields)
	}
}

func (s *shown) fields(p access.Policy) access.Fields {
	switch {
	case s.allowed:
		return s.least
	case s.refused:
		return slices.Min(p.Sets())
	}
	return p.Fields
}

// cut takes out of the answer of a request what was not decided to be shown: the one place where a set of fields is enforced, whatever a room
// has put into the answer, and whether it is given for the first time or again. An answer that cannot be cut to what was decided does not leave.
func (s *Server) cut(c *fiber.Ctx, r *record) error {
	policy, _ := access.Of(r.operation.ID)
	set := r.shown.fields(policy)
	status := c.Response().StatusCode()
	if set == access.AllFields || status < http.StatusOK || status >= http.StatusMultipleChoices || status == http.StatusNoContent {
		return nil
	}
	cut := s.cuts[r.operation.ID][set]
	if cut == nil {
		return fmt.Errorf("web: an answer of %s was decided to show %s, which its policy does not foresee", r.operation.ID, set)
	}
	if !strings.HasPrefix(string(c.Response().Header.ContentType()), contract.JSON) {
		return nil // the flow wrote it for the set of its policy, the only one there is
	}
	body, err := cut.JSON(status, c.Response().Body())
	if err != nil {
		return err
	}
	c.Response().SetBodyRaw(body)
	return nil
}
