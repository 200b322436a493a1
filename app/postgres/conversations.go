package postgres

import (
	"context"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/postgres/internal/db"
	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

// Thread returns the guardian's conversation about a child with its institution; it is made if this is the first time (B11). id is used
// for a new one only. Fault: conversation_closed.
func (t *FamilyTx) Thread(ctx context.Context, id uuid.UUID, child app.Child) (OwnThread, error) {
	if t.Facts().NoContact { // row-level security makes no thread then, and would answer as if there were no child (B8)
		return OwnThread{}, app.ErrConversationClosed
	}
	if child.Institution.ID == uuid.Nil {
		return OwnThread{}, app.ErrChildWithoutInstitution
	}
	kept, err := db.New().EnsureConversation(ctx, t.Tx, db.EnsureConversationParams{
		ID: id, ChildID: child.ID, InstitutionID: child.Institution.ID, Now: t.Now,
	})
	if err != nil {
		return OwnThread{}, err
	}
	return t.OwnThread(ctx, kept)
}

// OwnThread is a guardian's thread as they are about to write in it.
type OwnThread struct {
	app.Conversation
	Signed string       // the guardian's name
	Locale string       // the language of the municipality
	Rule   app.TextRule // what the municipality wants said about free text (B4)
}

// OwnThread returns a thread of the guardian's. sqlc does not know the columns of a function that returns a table. Fault: not_found, also for somebody else's.
func (t *FamilyTx) OwnThread(ctx context.Context, id uuid.UUID) (OwnThread, error) {
	c := OwnThread{Conversation: app.Conversation{ID: id}}
	var given, family string
	var days int16
	err := t.QueryRow(ctx, `select child_id, guardian_id, institution_id, last_message_at, open, given_name, family_name, locale, everyday_illness_hint, categories_off,
		absence_notes, note_days, country from app.thread_at_home($1)`, id).Scan(&c.Child, &c.Guardian, &c.Institution.ID, &c.LastMessageAt, &c.Open, &given, &family,
		&c.Locale, &c.Rule.EverydayIllness, &c.Rule.CategoriesOff, &c.Rule.AbsenceNotes, &days, &c.Rule.Country)
	if err != nil {
		return OwnThread{}, err
	}
	c.Signed, c.Rule.NoteDays = fullName(given, family), int(days)
	t.about.child, t.about.institution, t.about.person = c.Child, c.Institution.ID, c.Guardian
	return c, nil
}

// Conversation returns a conversation that the caller takes part in. Fault: not_found.
func (t tx) Conversation(ctx context.Context, id uuid.UUID) (app.Conversation, error) {
	row, err := db.New().Conversation(ctx, t.Tx, id)
	if err != nil {
		return app.Conversation{}, err
	}
	t.about.child, t.about.institution, t.about.person = row.ChildID, row.InstitutionID, row.GuardianID
	return app.Conversation{
		ID: row.ID, Child: row.ChildID, Guardian: row.GuardianID, Institution: app.Institution{ID: row.InstitutionID}, LastMessageAt: row.LastMessageAt,
		Open: row.Open,
	}, nil
}

// SaveMessage stores a guardian's message and tells the staff, in the same commit. Staff are told in their app, by push on the devices they
// have registered, and by e-mail where an address of theirs is known; no SMS (V19, V20). Fault: not_found, where the guardian may not write any more.
func (t *FamilyTx) SaveMessage(ctx context.Context, c app.Conversation, m app.Message) error {
	var staff []uuid.UUID // null: they may not write there
	err := t.QueryRow(ctx, "select app.post_at_home($1, $2, $3, $4, $5, $6)", m.ID, m.Conversation, m.AuthorName, m.Text, m.Confidential, m.CreatedAt).Scan(&staff)
	if err != nil {
		return err
	}
	if staff == nil {
		return app.ErrNotFound
	}
	to := make([]outbox.Recipient, len(staff))
	for i, person := range staff {
		to[i] = outbox.Recipient{Person: person, Grounds: outbox.GroundsStaff, Child: c.Child, Institution: c.Institution.ID}
	}
	e := notify.MessagePosted{Conversation: c.ID}
	return t.announce(outbox.Announce(ctx, t.Tx, e, to, notify.RoutineChannelsOf(e)))
}

// SaveReply stores a staff member's message and tells the guardian by the channels given, in the same commit. There is no way to name SMS
// among them (V20).
func (t *InstitutionTx) SaveReply(ctx context.Context, c app.Conversation, m app.Message, by notify.RoutineChannels) error {
	if err := t.saveMessage(ctx, m); err != nil {
		return err
	}
	to := []outbox.Recipient{{Person: c.Guardian, Grounds: outbox.GroundsChild, Child: c.Child, Institution: c.Institution.ID}}
	return t.announce(outbox.Announce(ctx, t.Tx, notify.MessagePosted{Conversation: c.ID}, to, by))
}

func (t tx) saveMessage(ctx context.Context, m app.Message) error {
	return db.New().InsertMessage(ctx, t.Later(), db.InsertMessageParams{
		ID: m.ID, ConversationID: m.Conversation, AuthorID: m.Author, AuthorSide: string(m.Side), AuthorName: m.AuthorName, Text: m.Text,
		Confidential: m.Confidential, CreatedAt: m.CreatedAt,
	})
}

// Conversations returns a page of the guardian's conversations, the latest first. Fault: cursor_invalid.
func (f Family) Conversations(ctx context.Context, page Page) (Slice[app.Conversation], error) {
	before, err := page.position(endOfTime)
	if err != nil {
		return Slice[app.Conversation]{}, err
	}
	size := page.size()
	rows, err := db.New().ConversationsOfGuardian(ctx, f.db.scope.Reader(f.s), db.ConversationsOfGuardianParams{
		BeforeTime: before.at, BeforeID: before.id, PageSize: size + 1,
	})
	if err != nil {
		return Slice[app.Conversation]{}, fault(err)
	}
	return slice(rows, size, func(r db.ConversationsOfGuardianRow) app.Conversation {
		return app.Conversation{
			ID: r.ID, Child: r.ChildID, ChildName: fullName(r.GivenName, r.FamilyName), LastMessageAt: r.LastMessageAt,
			Institution: app.Institution{ID: r.InstitutionID, Name: r.InstitutionName, Kind: app.InstitutionKind(r.InstitutionKind)},
		}
	}, func(r db.ConversationsOfGuardianRow) position { return position{r.LastMessageAt, r.ID} }), nil
}

// Messages returns a page of a conversation, the latest first. Faults: not_found, cursor_invalid.
func (f Family) Messages(ctx context.Context, conversation uuid.UUID, page Page) (Slice[app.Message], error) {
	return messages(ctx, f, conversation, page, func(t *FamilyTx) tx { return t.tx })
}

func messages[T any](ctx context.Context, h Handle[T], conversation uuid.UUID, page Page, inner func(T) tx) (Slice[app.Message], error) {
	before, err := page.position(endOfTime)
	if err != nil {
		return Slice[app.Message]{}, err
	}
	return Read(ctx, h, func(outer T) (Slice[app.Message], error) {
		t := inner(outer)
		if _, err := t.Conversation(ctx, conversation); err != nil {
			return Slice[app.Message]{}, err
		}
		size := page.size()
		rows, err := db.New().Messages(ctx, t.Tx, db.MessagesParams{
			ConversationID: conversation, BeforeTime: before.at, BeforeID: before.id, PageSize: size + 1,
		})
		if err != nil {
			return Slice[app.Message]{}, err
		}
		return slice(rows, size, func(r db.MessagesRow) app.Message {
			m := r.AppMessage
			if r.Unnamed {
				m.AuthorName = ""
			}
			return app.Message{
				ID: m.ID, Conversation: m.ConversationID, Author: m.AuthorID, AuthorName: m.AuthorName, Side: app.Side(m.AuthorSide),
				Text: m.Text, Confidential: m.Confidential, CreatedAt: m.CreatedAt,
			}
		}, func(r db.MessagesRow) position { return position{r.AppMessage.CreatedAt, r.AppMessage.ID} }), nil
	})
}
