package staff

import (
	openapi_types "github.com/oapi-codegen/runtime/types"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
)

// The only place of this room where nouns become what staff are told. A field is added here on purpose or not at all.

func page(cursor *Cursor, limit *Limit) postgres.Page {
	return postgres.Page{Cursor: value(cursor), Size: value(limit)}
}

func value[T any](p *T) T {
	var zero T
	if p == nil {
		return zero
	}
	return *p
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func each[A, B any](list []A, view func(A) B) []B {
	out := make([]B, len(list))
	for i, a := range list {
		out[i] = view(a)
	}
	return out
}

func viewReportedAbsence(a postgres.ReportedAbsence) ReportedAbsence {
	v := ReportedAbsence{
		ID: a.ID, ChildID: a.Child, ChildName: a.ChildName, Group: optional(a.Group),
		StartsOn: openapi_types.Date{Time: a.Period.From.Time()}, EndsOn: openapi_types.Date{Time: a.Period.To.Time()},
		Reason: AbsenceReason(a.Reason), Note: a.Note, NoteSensitive: a.NoteSensitive,
	}
	if a.NoteSensitive {
		v.ToDo = optional(askToDeleteNote)
	}
	return v
}

func viewConversation(c app.Conversation) InstitutionConversation {
	return InstitutionConversation{
		ID: c.ID, ChildID: c.Child, ChildName: c.ChildName, GuardianName: c.GuardianName, LastMessageAt: c.LastMessageAt,
	}
}

func viewMessage(m app.Message) Message {
	return Message{
		ID: m.ID, ConversationID: m.Conversation, Author: m.AuthorName, Side: MessageSide(m.Side), Text: m.Text,
		Confidential: m.Confidential, CreatedAt: m.CreatedAt,
	}
}
