package scope_test

import (
	"context"
	"slices"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/migrations/pgtest"
)

// An id comes back as it went, alone, in a list, and as null, and the database reads the same id as its text.
func TestIDsTravelAsTheyAre(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	ctx := context.Background()
	one, other := uuid.New(), uuid.New()
	var same bool
	var id uuid.UUID
	var known, unknown *uuid.UUID
	var there, missing uuid.NullUUID
	var list, none []uuid.UUID
	err := d.API.Pool().QueryRow(ctx, `select $1::uuid::text = $2, $1::uuid, $3::uuid, $4::uuid, $3::uuid, $5::uuid, $6::uuid[], $7::uuid[]`,
		one, one.String(), &other, (*uuid.UUID)(nil), uuid.NullUUID{}, []uuid.UUID{one, other}, []uuid.UUID{}).
		Scan(&same, &id, &known, &unknown, &there, &missing, &list, &none)
	if err != nil {
		t.Fatal(err)
	}
	if !same || id != one || known == nil || *known != other || unknown != nil || there.UUID != other || !there.Valid || missing.Valid {
		t.Errorf("%t %s %v %v %v %v", same, id, known, unknown, there, missing)
	}
	if !slices.Equal(list, []uuid.UUID{one, other}) || len(none) != 0 {
		t.Errorf("lists came back as %v and %v", list, none)
	}
	gone := one
	if err := d.API.Pool().QueryRow(ctx, "select null::uuid").Scan(&gone); err != nil || gone != uuid.Nil {
		t.Errorf("null was read as %s, %v", gone, err)
	}
	if err := d.API.Pool().QueryRow(ctx, "select 'words'").Scan(&gone); err == nil {
		t.Errorf("words were read as %s", gone)
	}
}
