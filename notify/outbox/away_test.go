package outbox_test

import (
	"context"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"budstikke.example/notify/outbox"
)

// A claim waits for results that a database which was away could not take, and for no lock that somebody holds (B3, B14).
func TestAway(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]bool{
		"57P01": true, "57P02": true, "08006": true, "53100": true, // ended, crashed, cut off, full
		"55P03": false, "40P01": false, "57014": false, "23505": false, "XX001": false,
	} {
		if got := outbox.Away(&pgconn.PgError{Code: code}); got != want {
			t.Errorf("%s: away %t, want %t", code, got, want)
		}
	}
	if !outbox.Away(errors.New("unexpected EOF")) || outbox.Away(context.DeadlineExceeded) {
		t.Error("a connection that is gone is away, and one that only takes long is not")
	}
}
