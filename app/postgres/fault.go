package postgres

import (
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"budstikke.example/app"
	"budstikke.example/migrations/scope"
)

// fault turns what the database says into what a caller may know: no rows is not found, a scope that does not open is signed out or another
// kind of caller's door, which does not exist for them, and so is what the policy refuses. Anything else stays an error that the rim answers with a bare 500 or 503.
func fault(err error) error {
	var proof *scope.StepUp
	var apart *scope.NoContactError
	switch {
	case refusedRow(err):
		return app.ErrNotFound
	case errors.As(err, &proof):
		return app.StepUpFault(app.StepUp{Assurance: string(proof.Assurance), MaxAge: proof.MaxAge})
	case errors.As(err, &apart) && apart.Caller == scope.Staff:
		return app.ErrGuardianInactive
	case errors.As(err, &apart):
		return app.ErrConversationClosed
	case errors.Is(err, pgx.ErrNoRows), errors.Is(err, scope.ErrOtherCaller), errors.Is(err, scope.ErrRefused), errors.Is(err, scope.ErrUnknown):
		return app.ErrNotFound
	case errors.Is(err, scope.ErrNoSession):
		return app.ErrSignInRequired
	case errors.Is(err, scope.ErrPIN):
		return app.ErrPINRequired
	case errors.Is(err, scope.ErrTerms):
		return app.ErrTermsRequired
	}
	return err
}

// refusedRow tells that row-level security did not take a row. The policy decided otherwise in the same transaction, so the access ended between
// the two (V15): each statement sees what was committed before it, and whoever has just been put out is answered as anybody whom it is no
// business of. A privilege that was never granted has the same SQLSTATE, is our mistake and stays an error.
func refusedRow(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "42501" && pg.Routine == "ExecWithCheckOptions"
}
