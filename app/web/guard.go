package web

import (
	"net/url"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/gofiber/fiber/v2"

	"budstikke.example/app"
	"budstikke.example/app/web/contract"
	"budstikke.example/auth"
)

const signatureHeader = "X-Twilio-Signature"

// errSignature is the answer to a machine that cannot prove who it is.
var errSignature = &app.Fault{Kind: app.Unauthenticated, Code: "signature_invalid",
	Detail: "The signature does not fit the request. Sign it with the token that was agreed on."}

// credential reads the session token. What it returns is well-formed and nothing more: the database proves it in the batch of the first query
// (V15), and tells guardians, staff and applicants apart there too. Error: app.ErrSignInRequired, the same for a token that is missing,
// ill-formed, given twice, unknown, expired or ended.
func credential(c *fiber.Ctx) (auth.Credential, error) {
	values := headers(c, fiber.HeaderAuthorization)
	if len(values) != 1 {
		return auth.Credential{}, app.ErrSignInRequired
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return auth.Credential{}, app.ErrSignInRequired
	}
	found, err := auth.ParseToken(strings.TrimLeft(token, " "))
	if err != nil {
		return auth.Credential{}, app.ErrSignInRequired
	}
	return found, nil
}

// signed proves a machine's request, deny by default: a signature that is missing, given twice or wrong is the same, and so is a body that
// cannot be read as the form that was signed. The signature covers every parameter of the form, also those that the contract does not name,
// which is why it is checked here and not in the room.
func (s *Server) signed(c *fiber.Ctx) error {
	signatures := headers(c, signatureHeader)
	form, err := url.ParseQuery(string(c.Request().Body()))
	if err != nil || len(signatures) != 1 || s.config.Signed == nil || !s.config.Signed(c.OriginalURL(), form, signatures[0]) {
		return errSignature
	}
	return nil
}

// signs tells whether an operation is called by a machine that signs its requests. One that has no such header proves itself by a token of its
// own, which its room reads.
func signs(operation *contract.Operation) bool {
	return slices.ContainsFunc(operation.Parameters, func(p *openapi3.Parameter) bool { return p.Name == signatureHeader })
}

func headers(c *fiber.Ctx, name string) []string {
	raw := c.Request().Header.PeekAll(name)
	values := make([]string, len(raw))
	for i, value := range raw {
		values[i] = string(value)
	}
	return values
}
