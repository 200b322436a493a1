package postgres

import (
	"context"
	"time"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
)

// MostNews is how many changes one answer holds at most for one listener; an answer that is full may not hold all.
const MostNews = 100

// Ear is somebody who listens on an open stream. It holds the credential that was shown when the stream was opened, and nothing of what it
// opened then: that is asked anew each time (V15).
type Ear struct {
	Session uuid.UUID // of which the streams are counted
	scope   scope.Scope
}

// News is that something of a listener's own has changed, and where: nothing of its content (B1).
type News struct {
	ID      uuid.UUID // of the notice; the same change is never told twice under two ids
	Kind    string    // a kind of event
	Subject uuid.UUID // the conversation, absence, alert … to read anew
	At      time.Time
}

// Heard is what a listener may know now.
type Heard struct {
	// Over means that the credential opens nothing any more: the session, the account or every role has ended.
	Over bool
	// Access changes with everything that the listener gains or loses: a child, an institution, a role, a restriction. It says nothing else.
	Access string
	// News are the latest changes, those of the last 15 s at least, the earliest first. Whoever asks leaves out what they have told already.
	News []News
}

// Ear opens a transaction of the guardian's, in which the policy decides whether they may listen. Faults: sign_in_required, not_found.
func (f Family) Ear(ctx context.Context) (Ear, error) {
	return ear(ctx, f, func(t *FamilyTx) tx { return t.tx })
}

// Ear opens a transaction of the staff member's, in which the policy decides whether they may listen. Faults: sign_in_required, not_found.
func (i Institution) Ear(ctx context.Context) (Ear, error) {
	return ear(ctx, i, func(t *InstitutionTx) tx { return t.tx })
}

func ear[T any](ctx context.Context, h Handle[T], inner func(T) tx) (Ear, error) {
	return Read(ctx, h, func(outer T) (Ear, error) {
		who, err := inner(outer).Person(ctx)
		return Ear{Session: who.Session, scope: h.open()}, err
	})
}

// newsSQL is written by hand because sqlc does not know the columns of a function that returns a table.
const newsSQL = "select stream, access, notice_id, kind, subject_id, created_at from app.stream_news($1, $2, $3, $4)"

// Hear asks for many listeners at once, of whatever municipality, and answers for each in its place. It is no transaction of anybody's: the
// function behind it proves each credential by the rule that proves it for a request (auth.enter).
func (db *DB) Hear(ctx context.Context, ears []Ear) ([]Heard, error) {
	municipalities, tokens, kinds := make([]uuid.UUID, len(ears)), make([][]byte, len(ears)), make([]string, len(ears))
	for i, e := range ears {
		municipalities[i] = e.scope.Municipality()
		tokens[i], kinds[i] = e.scope.Credential()
	}
	rows, err := db.scope.Pool().Query(ctx, newsSQL, municipalities, tokens, kinds, db.scope.Now())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	heard := make([]Heard, len(ears))
	for i := range heard {
		heard[i].Over = true // unless the database says otherwise
	}
	for rows.Next() {
		var n int
		var access string
		var notice, subject uuid.NullUUID
		var kind *string
		var at *time.Time
		if err := rows.Scan(&n, &access, &notice, &kind, &subject, &at); err != nil {
			return nil, err
		}
		h := &heard[n-1]
		h.Over, h.Access = false, access
		if notice.Valid && kind != nil && at != nil {
			h.News = append(h.News, News{ID: notice.UUID, Kind: *kind, Subject: subject.UUID, At: *at})
		}
	}
	return heard, rows.Err()
}
