package web

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"budstikke.example/app/guardian"
	"budstikke.example/app/machine"
	"budstikke.example/app/office"
	"budstikke.example/app/signin"
	"budstikke.example/app/staff"
	"budstikke.example/app/web/contract"
)

// mountRooms puts an admission of our own before each operation's generated handler, after making sure that the two lists are the same.
func (s *Server) mountRooms(rooms Rooms) error {
	if rooms.Signin == nil || rooms.Guardian == nil || rooms.Staff == nil || rooms.Office == nil || rooms.Machine == nil {
		return errors.New("web: a room is missing")
	}
	generated := fiber.New(fiber.Config{DisableStartupMessage: true})
	register(generated, rooms)
	made, unfit := cutsOf(s.contract)
	if err := errors.Join(compare(s.contract.Operations, generated), policed(s.contract.Operations), unfit); err != nil {
		return err
	}
	s.cuts = made
	for _, operation := range s.contract.Operations {
		if operation.Method == http.MethodGet {
			s.app.Get(pattern(operation), s.admit(operation)) // HEAD comes with it
			continue
		}
		s.app.Add(operation.Method, pattern(operation), s.admit(operation))
	}
	register(s.app, rooms)
	return nil
}

func register(router fiber.Router, rooms Rooms) {
	signin.RegisterHandlers(router, signin.NewStrictHandler(rooms.Signin, nil))
	guardian.RegisterHandlers(router, guardian.NewStrictHandler(rooms.Guardian, nil))
	staff.RegisterHandlers(router, staff.NewStrictHandler(rooms.Staff, nil))
	office.RegisterHandlers(router, office.NewStrictHandler(rooms.Office, nil))
	machine.RegisterHandlers(router, machine.NewStrictHandler(rooms.Machine, nil))
}

// compare says where what is promised and what is offered differ: generated code that is stale, or an operation with a tag that has no room.
func compare(promised []*contract.Operation, offered *fiber.App) error {
	var want, got []string
	for _, operation := range promised {
		want = append(want, operation.Method+" "+pattern(operation))
	}
	for _, route := range offered.GetRoutes(true) {
		if route.Method != http.MethodHead {
			got = append(got, route.Method+" "+route.Path)
		}
	}
	var mistakes []error
	for _, route := range want {
		if !slices.Contains(got, route) {
			mistakes = append(mistakes, fmt.Errorf("web: openapi.yaml promises %s, and no room offers it: run make generate", route))
		}
	}
	for _, route := range got {
		if !slices.Contains(want, route) {
			mistakes = append(mistakes, fmt.Errorf("web: a room offers %s, and openapi.yaml does not promise it: run make generate", route))
		}
	}
	return errors.Join(mistakes...)
}

// pattern is the path of an operation as Fiber writes it.
func pattern(operation *contract.Operation) string {
	return strings.NewReplacer("{", ":", "}", "").Replace(operation.Path)
}
