package staff

import (
	openapi_types "github.com/oapi-codegen/runtime/types"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/app/view"
	"budstikke.example/notify/outbox"
)

// The only place of this room where nouns become what staff are told. A field is added here on purpose or not at all.

func viewReportedAbsence(a postgres.ReportedAbsence) ReportedAbsence {
	v := ReportedAbsence{
		ID: a.ID, ChildID: a.Child, ChildName: a.ChildName, Group: view.Optional(a.Group),
		StartsOn: openapi_types.Date{Time: a.Period.From.Time()}, EndsOn: openapi_types.Date{Time: a.Period.To.Time()},
		Reason: AbsenceReason(a.Reason), Note: a.Note, NoteSensitive: a.NoteSensitive,
	}
	if a.NoteSensitive {
		v.ToDo = view.Optional(app.AskToDeleteNote(a.Locale))
	}
	return v
}

func viewConversation(c app.Conversation) InstitutionConversation {
	return InstitutionConversation{
		ID: c.ID, ChildID: c.Child, ChildName: c.ChildName, GuardianName: c.GuardianName, LastMessageAt: c.LastMessageAt,
	}
}

func viewNotice(n outbox.Notice) Notice {
	return Notice{ID: n.ID, Kind: NoticeKind(n.Kind), SubjectID: n.Subject, CreatedAt: n.At}
}

func viewMessage(m app.Message) Message {
	return Message{
		ID: m.ID, ConversationID: m.Conversation, Author: m.AuthorName, Side: MessageSide(m.Side), Text: m.Text,
		Confidential: m.Confidential, CreatedAt: m.CreatedAt,
	}
}
