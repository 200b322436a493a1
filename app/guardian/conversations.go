package guardian

import (
	"cmp"
	"context"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/app/sensitive"
	"budstikke.example/app/textguard"
	"budstikke.example/app/view"
)

// ListConversations returns a page of the guardian's own threads, the latest first.
func (f *Flows) ListConversations(ctx context.Context, req ListConversationsRequestObject) (ListConversationsResponseObject, error) {
	list, err := f.family(ctx).Conversations(ctx, view.Page(req.Params.Cursor, req.Params.Limit))
	if err != nil {
		return nil, err
	}
	return ListConversations200JSONResponse{Items: view.Each(list.Items, viewConversation), Next: view.Optional(list.Next)}, nil
}

// StartConversation writes to the staff about a child, in the guardian's own thread (B11).
func (f *Flows) StartConversation(ctx context.Context, req StartConversationRequestObject) (StartConversationResponseObject, error) {
	return postgres.Write(ctx, f.family(ctx), func(tx *postgres.FamilyTx) (StartConversationResponseObject, error) {
		child, err := tx.Child(ctx, req.Body.ChildID)
		if err != nil {
			return nil, err
		}
		id, err := uuid.NewV7()
		if err != nil {
			return nil, err
		}
		thread, err := tx.Thread(ctx, id, child)
		if err != nil {
			return nil, err
		}
		message, err := f.write(ctx, tx, thread, MessageDraft{
			Text: req.Body.Text, Locale: req.Body.Locale, Acknowledgement: req.Body.Acknowledgement,
		})
		return StartConversation201JSONResponse(viewMessage(message)), err
	})
}

// PostMessage writes in one of the guardian's threads.
func (f *Flows) PostMessage(ctx context.Context, req PostMessageRequestObject) (PostMessageResponseObject, error) {
	return postgres.Write(ctx, f.family(ctx), func(tx *postgres.FamilyTx) (PostMessageResponseObject, error) {
		thread, err := tx.OwnThread(ctx, req.ConversationID)
		if err != nil {
			return nil, err
		}
		message, err := f.write(ctx, tx, thread, *req.Body)
		return PostMessage201JSONResponse(viewMessage(message)), err
	})
}

// write looks the text over, stores it and tells the staff. Sensitive text that is sent all the same is kept confidential (V18).
func (f *Flows) write(ctx context.Context, tx *postgres.FamilyTx, thread postgres.OwnThread, draft MessageDraft) (app.Message, error) {
	if err := thread.Answers(app.GuardianSide); err != nil {
		return app.Message{}, err
	}
	me, err := tx.Person(ctx)
	if err != nil {
		return app.Message{}, err
	}
	confidential, err := f.Guard.Look(textguard.Draft{
		Rule: thread.Rule,
		Text: draft.Text, Context: sensitive.Message, Locale: cmp.Or(string(view.Value(draft.Locale)), thread.Locale),
		Subject: me.ID.String() + " " + thread.Child.String(), Acknowledgement: view.Value(draft.Acknowledgement),
	}, tx.Now)
	if err != nil {
		return app.Message{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return app.Message{}, err
	}
	message, err := thread.Write(id, me.ID, thread.Signed, app.GuardianSide, draft.Text, confidential, tx.Now)
	if err != nil {
		return app.Message{}, err
	}
	return message, tx.SaveMessage(ctx, thread.Conversation, message)
}

// ListMessages returns a page of one of the guardian's threads, the latest first.
func (f *Flows) ListMessages(ctx context.Context, req ListMessagesRequestObject) (ListMessagesResponseObject, error) {
	list, err := f.family(ctx).Messages(ctx, req.ConversationID, view.Page(req.Params.Cursor, req.Params.Limit))
	if err != nil {
		return nil, err
	}
	return ListMessages200JSONResponse{Items: view.Each(list.Items, viewMessage), Next: view.Optional(list.Next)}, nil
}
