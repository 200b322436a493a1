package web

import (
	"github.com/gofiber/fiber/v2"

	"budstikke.example/app/live"
	"budstikke.example/app/web/contract"
)

// flow answers with a stream of server-sent events, which outlives the handler and the deadline of the request. The HTTP server reads it until
// it ends or the client no longer takes it, and then closes it. The server gives an answer one deadline for all its writing; a stream sets it
// anew for each write, so that silence costs nothing and a client that does not read is dropped.
func flow(c *fiber.Ctx, stream *live.Stream) {
	c.Set(fiber.HeaderContentType, contract.Events)
	c.Set("X-Accel-Buffering", "no") // a proxy that collects the answer before passing it on would pass on nothing
	if c.Method() == fiber.MethodHead {
		_ = stream.Close() // nobody reads it, and the server would end a body that is not there
		return
	}
	stream.Bind(c.Context().Conn().SetWriteDeadline)
	c.Context().SetBodyStream(stream, -1)
}
