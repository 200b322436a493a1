package web

import (
	"github.com/gofiber/fiber/v2"

	"budstikke.example/app/web/contract"
	"budstikke.example/auth"
)

// validatedBody is where generated code looks for a body that was decoded already. It binds that value name by name, so that what was held
// against the contract and what the room gets are one and the same.
const validatedBody = "x-oapi-codegen-validated-body"

// admit lets a request through to the generated handler of its operation: known caller first, by session token or signature, so that a stranger
// learns nothing about what a request should look like; then the contract; then what makes it repeatable, and
// the question that the policy answers when the first transaction opens. What comes back is cut to the fields that were decided.
func (s *Server) admit(operation *contract.Operation) fiber.Handler {
	return func(c *fiber.Ctx) error {
		r := s.recordOf(c)
		r.operation, r.route = operation, operation.Path
		ctx := c.UserContext()
		if operation.Secured {
			found, err := credential(c)
			if err != nil {
				return err
			}
			ctx = auth.WithCredential(ctx, found)
		}
		if signs(operation) {
			if err := s.signed(c); err != nil {
				return err
			}
		}
		plainForm(c, operation)
		accepted, err := operation.Accept(read(c, operation))
		if err != nil {
			return err
		}
		if operation.MediaType == contract.JSON && accepted.Body != nil {
			c.Locals(validatedBody, accepted.Body)
		}
		if operation.Repeatable {
			ctx = s.repeatable(ctx, operation, accepted)
		}
		if ctx, err = s.decided(ctx, r, operation, accepted); err != nil {
			return err
		}
		c.SetUserContext(audited(ctx, operation, accepted))
		if err := c.Next(); err != nil {
			return err
		}
		return s.cut(c, r)
	}
}

// read copies out of the HTTP server's buffers what the contract is about. The body is not copied: it is decoded into values of its own.
func read(c *fiber.Ctx, operation *contract.Operation) contract.Request {
	path := map[string]string{}
	for _, p := range operation.Parameters {
		if p.In == "path" {
			path[p.Name] = c.Params(p.Name)
		}
	}
	return contract.Request{
		Path:            path,
		Query:           string(c.Request().URI().QueryString()),
		Header:          func(name string) []string { return headers(c, name) },
		ContentType:     c.Get(fiber.HeaderContentType),
		ContentEncoding: c.Get(fiber.HeaderContentEncoding),
		Body:            c.Request().Body(),
	}
}
