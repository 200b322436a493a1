package web

import (
	"github.com/gofiber/fiber/v2"

	budstikke "budstikke.example"
	"budstikke.example/app/web/docs"
)

// mountDocs serves the API reference: GET /docs for people, GET /openapi.yaml for tools. Both are the contract that is compiled in, so they
// cannot be older than the server.
func (s *Server) mountDocs() error {
	page, err := docs.Render(s.contract)
	if err != nil {
		return err
	}
	s.app.Get("/docs", func(c *fiber.Ctx) error {
		s.recordOf(c).route = "/docs"
		c.Set("Content-Security-Policy", page.Policy)
		return sendStatic(c, "text/html; charset=utf-8", page.HTML)
	})
	s.app.Get("/openapi.yaml", func(c *fiber.Ctx) error {
		s.recordOf(c).route = "/openapi.yaml"
		return sendStatic(c, "application/yaml", budstikke.OpenAPI)
	})
	return nil
}

// sendStatic sends what is compiled in. It may be kept, and must be asked for again: the next version may be another.
func sendStatic(c *fiber.Ctx, media string, content []byte) error {
	c.Set(fiber.HeaderContentType, media)
	c.Set(fiber.HeaderCacheControl, "no-cache")
	return c.Send(content)
}
