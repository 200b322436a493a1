package postgres

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/app"
)

// Page is which part of a list is asked for.
type Page struct {
	Cursor string // the Next of the page before; empty for the first
	Size   int    // rows at most; 0 means 30
}

// DefaultPageSize is how many rows a page has when nobody says otherwise.
const DefaultPageSize = 30

// position is where a page begins: after the row with this time and id.
type position struct {
	at time.Time
	id uuid.UUID
}

// endOfTime comes before the first row of a list that shows the latest first.
var endOfTime = position{at: time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC), id: uuid.Max}

func (p Page) size() int32 {
	if p.Size <= 0 || p.Size > 100 {
		return DefaultPageSize
	}
	return int32(p.Size) //nolint:gosec // bounded above
}

// position reads the cursor. It holds a place in a list and no right to it: every query asks for the rights anew. Fault: cursor_invalid.
func (p Page) position(first position) (position, error) {
	if p.Cursor == "" {
		return first, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(p.Cursor)
	if err != nil || len(raw) != 24 {
		return position{}, app.ErrCursorInvalid
	}
	micros := int64(binary.BigEndian.Uint64(raw)) //nolint:gosec // only a place in a list
	if micros < -62135596800000000 || micros > endOfTime.at.UnixMicro() {
		return position{}, app.ErrCursorInvalid
	}
	return position{at: time.UnixMicro(micros).UTC(), id: uuid.UUID(raw[8:])}, nil
}

func (p position) cursor() string {
	raw := binary.BigEndian.AppendUint64(make([]byte, 0, 24), uint64(p.at.UnixMicro())) //nolint:gosec // read back the same way
	return base64.RawURLEncoding.EncodeToString(append(raw, p.id[:]...))
}

// Slice is one page of a list.
type Slice[T any] struct {
	Items []T
	Next  string // cursor of the next page; empty on the last
}

// slice makes a page out of one row more than was asked for, which tells whether there is a next page.
func slice[R, T any](rows []R, size int32, item func(R) T, at func(R) position) Slice[T] {
	return cut(rows, size, item, func(r R) string { return at(r).cursor() })
}

func cut[R, T any](rows []R, size int32, item func(R) T, cursor func(R) string) Slice[T] {
	s := Slice[T]{Items: make([]T, 0, len(rows))}
	if len(rows) > int(size) {
		rows = rows[:size]
		s.Next = cursor(rows[size-1])
	}
	for _, r := range rows {
		s.Items = append(s.Items, item(r))
	}
	return s
}

// row reads the cursor of a list that is ordered by names: the id of the row that the page comes after, nil for the first page. It holds the
// id and not the names, because cursors stand in addresses, and addresses in logs. Fault: cursor_invalid.
func (p Page) row() (*uuid.UUID, error) {
	if p.Cursor == "" {
		return nil, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(p.Cursor)
	if err != nil || len(raw) != 16 {
		return nil, app.ErrCursorInvalid
	}
	id := uuid.UUID(raw)
	return &id, nil
}

func rowCursor(id uuid.UUID) string { return base64.RawURLEncoding.EncodeToString(id[:]) }

// place turns the row of a cursor that is not there, or no longer the caller's to see, into the fault cursor_invalid.
func place(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return app.ErrCursorInvalid
	}
	return err
}
