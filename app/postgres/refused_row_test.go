package postgres

import (
	"errors"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"budstikke.example/app"
)

// V15: whoever is put out between the decision and the row is told that there is nothing; a privilege that somebody forgot to grant is still an
// error of ours.
func TestRowRefusedByTheDatabaseIsNotFound(t *testing.T) {
	t.Parallel()
	if err := fault(&pgconn.PgError{Code: "42501", Routine: "ExecWithCheckOptions"}); !errors.Is(err, app.ErrNotFound) {
		t.Errorf("a refused row: %v", err)
	}
	if err := fault(&pgconn.PgError{Code: "42501", Routine: "aclcheck_error"}); errors.Is(err, app.ErrNotFound) {
		t.Error("a missing privilege hides as not found")
	}
}
