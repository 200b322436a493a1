package web

import (
	"github.com/gofiber/fiber/v2"

	"budstikke.example/app/machine"
	"budstikke.example/app/web/pages"
)

// mountPages serves the pages that links in notices lead to when no app takes them: GET /confirm-email, opened from the mail that asks for
// a confirmation (H3), GET /open/<kind>/<subject>, opened from every other notice, and GET of the address that a mail program unsubscribes at. None reads
// anything: each looks the same whatever stands in its path, and for everybody (B1).
func (s *Server) mountPages() {
	s.app.Get("/confirm-email", func(c *fiber.Ctx) error {
		s.recordOf(c).route = "/confirm-email"
		return sendPage(c, pages.Confirm(c.Get(fiber.HeaderAcceptLanguage)))
	})
	s.app.Get("/open/:kind/:subject", func(c *fiber.Ctx) error {
		s.recordOf(c).route = "/open/:kind/:subject"
		return sendPage(c, pages.Open(c.Get(fiber.HeaderAcceptLanguage)))
	})
	s.app.Get(machine.UnsubscribePath+"/:token", func(c *fiber.Ctx) error {
		s.recordOf(c).route = machine.UnsubscribePath + "/:token"
		return sendPage(c, pages.Unsubscribe(c.Get(fiber.HeaderAcceptLanguage)))
	})
}

func sendPage(c *fiber.Ctx, page pages.Page) error {
	c.Set("Content-Security-Policy", page.Policy)
	c.Vary(fiber.HeaderAcceptLanguage)
	return sendStatic(c, "text/html; charset=utf-8", page.HTML)
}
