package staff

import (
	"context"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/app/sensitive"
	"budstikke.example/app/textguard"
	"budstikke.example/app/view"
	"budstikke.example/notify"
)

// ListInstitutionConversations returns a page of the conversations of an institution, the latest first.
func (f *Flows) ListInstitutionConversations(ctx context.Context, req ListInstitutionConversationsRequestObject) (ListInstitutionConversationsResponseObject, error) {
	list, err := f.institution(ctx).Conversations(ctx, req.InstitutionID, view.Page(req.Params.Cursor, req.Params.Limit))
	if err != nil {
		return nil, err
	}
	return ListInstitutionConversations200JSONResponse{Items: view.Each(list.Items, viewConversation), Next: view.Optional(list.Next)}, nil
}

// ListConversationMessages returns a page of a conversation. Confidential messages are among them for those who need them (V18).
func (f *Flows) ListConversationMessages(ctx context.Context, req ListConversationMessagesRequestObject) (ListConversationMessagesResponseObject, error) {
	list, err := f.institution(ctx).Messages(ctx, req.ConversationID, view.Page(req.Params.Cursor, req.Params.Limit))
	if err != nil {
		return nil, err
	}
	return ListConversationMessages200JSONResponse{Items: view.Each(list.Items, viewMessage), Next: view.Optional(list.Next)}, nil
}

// ReplyToGuardian writes to a guardian and tells them that there is something to read, by the channels chosen (V20).
func (f *Flows) ReplyToGuardian(ctx context.Context, req ReplyToGuardianRequestObject) (ReplyToGuardianResponseObject, error) {
	return postgres.Write(ctx, f.institution(ctx), func(tx *postgres.InstitutionTx) (ReplyToGuardianResponseObject, error) {
		thread, err := tx.Conversation(ctx, req.ConversationID)
		if err != nil {
			return nil, err
		}
		if err := thread.Answers(app.StaffSide); err != nil {
			return nil, err
		}
		me, err := tx.Person(ctx)
		if err != nil {
			return nil, err
		}
		language, rule, err := tx.Writing(ctx, string(view.Value(req.Body.Locale)))
		if err != nil {
			return nil, err
		}
		confidential, err := f.Guard.Look(textguard.Draft{
			Rule: rule,
			Text: req.Body.Text, Context: sensitive.StaffMessage, Locale: language,
			Subject: me.ID.String() + " " + thread.Child.String(), Acknowledgement: view.Value(req.Body.Acknowledgement),
		}, tx.Now)
		if err != nil {
			return nil, err
		}
		name, err := tx.Name(ctx)
		if err != nil {
			return nil, err
		}
		id, err := uuid.NewV7()
		if err != nil {
			return nil, err
		}
		message, err := thread.Write(id, me.ID, name, app.StaffSide, req.Body.Text, confidential, tx.Now)
		if err != nil {
			return nil, err
		}
		if err := tx.SaveReply(ctx, thread, message, channels(req.Body.AnnounceBy)); err != nil {
			return nil, err
		}
		return ReplyToGuardian201JSONResponse(viewMessage(message)), nil
	})
}

// channels turns the choice of the contract into the gateway's set; there is no word in either that means SMS (V20).
func channels(chosen *[]StaffMessageDraftAnnounceBy) notify.RoutineChannels {
	if chosen == nil {
		return notify.RoutineChannelsOf(notify.MessagePosted{})
	}
	var set notify.RoutineChannels
	for _, c := range *chosen {
		switch notify.Channel(c) {
		case notify.ChannelEmail:
			set = set.And(notify.ByEmail)
		case notify.ChannelPush:
			set = set.And(notify.ByPush)
		case notify.ChannelInApp:
			set = set.And(notify.InApp)
		}
	}
	return set
}
