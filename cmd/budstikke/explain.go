package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/signal"
	"strings"
	"syscall"

	"github.com/google/uuid"

	"budstikke.example/app/postgres"
	"budstikke.example/cmd/budstikke/internal/explainer"
)

// explainCommand answers who would see a child, and why (B9), to whoever looks after the system.
type explainCommand struct {
	Municipality string    `required:"" placeholder:"SLUG" help:"The municipality."`
	Child        uuid.UUID `required:"" placeholder:"ID" help:"The child's id."`
	Absence      uuid.UUID `placeholder:"ID" help:"Only this absence of the child."`
	Conversation uuid.UUID `placeholder:"ID" help:"Only this conversation about the child."`
	Person       uuid.UUID `placeholder:"ID" help:"Only what is said of this person."`
	JSON         bool      `help:"Print one JSON document per line instead of text."`
}

// Run explains.
func (c explainCommand) Run(ctx context.Context, t terminal) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	about := postgres.Subject{Child: c.Child, Noun: "child", ID: c.Child}
	switch {
	case c.Absence != uuid.Nil && c.Conversation != uuid.Nil:
		return errors.New("ask about an absence or about a conversation, not about both at once")
	case c.Absence != uuid.Nil:
		about.Noun, about.ID = "absence", c.Absence
	case c.Conversation != uuid.Nil:
		about.Noun, about.ID = "conversation", c.Conversation
	}
	encoder := json.NewEncoder(t.out)
	question := explainer.Question{Municipality: c.Municipality, About: about, Person: c.Person}
	return explainer.FromEnvironment(ctx, t.err, question, func(l explainer.Line) error {
		if c.JSON {
			return encoder.Encode(l)
		}
		sees := "does not see it"
		if l.Sees {
			sees = "sees it"
		}
		who := l.Person
		if l.Tablet != uuid.Nil {
			who = l.Tablet
		}
		_, err := fmt.Fprintf(t.out, "%s\t%s\t%s\t%s\t%s\n", who, l.Caller, sees, l.Reason, strings.Join(append(l.Grounds, l.Restrictions...), "; "))
		return err
	})
}
