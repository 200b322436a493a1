package postgres

import (
	"cmp"
	"context"
	"errors"

	"budstikke.example/app"
	"budstikke.example/app/postgres/internal/db"
	"budstikke.example/migrations/scope"
)

// TextRule returns what the municipality wants said about free text (B4).
func (t tx) TextRule(ctx context.Context) (app.TextRule, error) {
	r, err := db.New().TextRule(ctx, t.Tx)
	return textRule(r), err
}

// Writing returns what a text is looked over by: the language that was asked for, or else the municipality's, and what it wants said (B4).
func (t tx) Writing(ctx context.Context, asked string) (language string, rule app.TextRule, err error) {
	r, err := db.New().TextRule(ctx, t.Tx)
	return cmp.Or(asked, r.Locale), textRule(r), err
}

// TextRule returns what the municipality wants said about free text. Fault: not_found for whoever does not own it.
func (o Office) TextRule(ctx context.Context) (app.TextRule, error) {
	return Read(ctx, o, func(t *OfficeTx) (app.TextRule, error) {
		r, err := db.New().OwnTextRule(ctx, t.Tx)
		return textRule(db.TextRuleRow{
			EverydayIllnessHint: r.EverydayIllnessHint, CategoriesOff: r.CategoriesOff, AbsenceNotes: r.AbsenceNotes, NoteDays: r.NoteDays,
		}), err
	})
}

// SetTextRule says so for what is written from now on. Fault: not_found for whoever does not own the municipality.
func (t *OfficeTx) SetTextRule(ctx context.Context, r app.TextRule) error {
	rows, err := db.New().SetTextRule(ctx, t.Tx, db.SetTextRuleParams{
		EverydayIllnessHint: r.EverydayIllness, CategoriesOff: r.CategoriesOff, AbsenceNotes: r.AbsenceNotes, NoteDays: int16(r.NoteDays), //nolint:gosec // bounded by the contract
	})
	if err == nil && rows == 0 {
		return app.ErrNotFound
	}
	return err
}

func textRule(r db.TextRuleRow) app.TextRule {
	return app.TextRule{EverydayIllness: r.EverydayIllnessHint, CategoriesOff: r.CategoriesOff, AbsenceNotes: r.AbsenceNotes, NoteDays: int(r.NoteDays), Country: r.Country}
}

// ExpireNotes takes away, in every municipality, the notes of absences that are over for long enough (V17), and returns how many. It goes on with the
// next municipality when one fails, and returns every error. Processes that do so at the same time do not disturb each other.
func (db *DB) ExpireNotes(ctx context.Context) (int64, error) {
	list, err := db.Municipalities(ctx)
	if err != nil {
		return 0, err
	}
	var errs []error
	var total int64
	for _, m := range list {
		errs = append(errs, db.scope.WithScope(ctx, scope.Of(m.ID, scope.SignIn), func(s *scope.Tx) error {
			n, err := expireNotes(ctx, s)
			total += n
			return err
		}))
	}
	return total, errors.Join(errs...)
}

func expireNotes(ctx context.Context, s *scope.Tx) (int64, error) {
	return db.New().ExpireNotes(ctx, s, s.Now)
}
