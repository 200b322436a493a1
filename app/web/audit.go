package web

import (
	"context"
	"errors"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/app/web/contract"
	"budstikke.example/auth"
	"budstikke.example/auth/access"
)

// audited puts into the context what the trail is to say of the request: the purpose stands in the operation's line of auth/access.
func audited(ctx context.Context, operation *contract.Operation, a *contract.Accepted) context.Context {
	if !operation.Secured {
		return ctx
	}
	policy, _ := access.Of(operation.ID)
	about := postgres.Audit{Operation: operation.ID, Purpose: policy.Purpose}
	for name, value := range a.Path {
		id, err := uuid.Parse(value)
		switch {
		case err != nil:
		case name == "childId":
			about.Child = id
		case name == "institutionId":
			about.Institution = id
		default:
			about.Resource = id
		}
	}
	return postgres.WithAudit(ctx, about)
}

// noteRefusal counts for the trail that somebody with a session asked for what does not exist for them.
func (s *Server) noteRefusal(c *fiber.Ctx, r *record, err error) {
	var fault *app.Fault
	if s.config.Refused == nil || r.operation == nil || !errors.As(err, &fault) || fault.Kind != app.NotFound {
		return
	}
	ctx := c.UserContext()
	if _, known := auth.CredentialOf(ctx); known {
		s.config.Refused(ctx, auth.Anybody(ctx))
	}
}
