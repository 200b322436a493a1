package guardian

import (
	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/view"
	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

// The only place of this room where nouns become what a guardian's app is told. A field is added here on purpose or not at all.

func viewInstitution(i app.Institution) Institution {
	if i.Name == "" { // a restriction keeps them from knowing where the child is, and an id that a sibling's institution has would tell (B8)
		i.ID = uuid.Nil
	}
	return Institution{ID: i.ID, Name: i.Name, Kind: InstitutionKind(i.Kind)}
}

func viewChild(c app.Child) Child {
	return Child{ID: c.ID, Name: c.Name, Institution: viewInstitution(c.Institution), Group: view.Optional(c.Group)}
}

func viewAbsence(a app.Absence) Absence {
	return Absence{
		ID: a.ID, ChildID: a.Child, StartsOn: date(a.Period.From), EndsOn: date(a.Period.To), Reason: AbsenceReason(a.Reason),
		Note: a.Note, NoteSensitive: a.NoteSensitive, CreatedAt: a.CreatedAt,
	}
}

func viewConversation(c app.Conversation) Conversation {
	return Conversation{
		ID: c.ID, ChildID: c.Child, ChildName: c.ChildName, Institution: viewInstitution(c.Institution), LastMessageAt: c.LastMessageAt,
	}
}

func viewMessage(m app.Message) Message {
	return Message{
		ID: m.ID, ConversationID: m.Conversation, Author: m.AuthorName, Side: MessageSide(m.Side), Text: m.Text,
		Confidential: m.Confidential, CreatedAt: m.CreatedAt,
	}
}

func viewAlert(a app.Alert) Alert {
	return Alert{
		ID: a.ID, Institution: viewInstitution(a.Institution), Situation: Situation(a.Situation), Text: a.Text, RaisedAt: a.RaisedAt,
	}
}

func viewNotice(n outbox.Notice) Notice {
	return Notice{ID: n.ID, Kind: NoticeKind(n.Kind), SubjectID: n.Subject, CreatedAt: n.At}
}

func viewEndpoint(e outbox.OwnEndpoint) Endpoint {
	address := e.Address
	if e.Channel == notify.ChannelPush {
		address = string(e.Provider) // the token itself is no use to a person, and a key to their device
	}
	return Endpoint{Channel: EndpointChannel(e.Channel), Address: address, Verified: e.Verified, Routine: e.Routine}
}
