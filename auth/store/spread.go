package store

import (
	"context"
	"fmt"
	"time"

	"budstikke.example/auth/store/internal/db"
	"budstikke.example/migrations/scope"
	"budstikke.example/migrations/seal"
)

// When tries look like somebody who tries stolen passwords at many accounts (P10).
const (
	// SpreadWindow is how long tries are counted together, with those of the window before: a cut between two windows hides nobody.
	SpreadWindow = 5 * time.Minute
	// SpreadOver is over how many user names failures from unknown places spread before it is an alarm. Those who mistype are mostly at home:
	// on a device or at an address where they have signed in before, and are not counted.
	SpreadOver = 50
)

// StuffingSuspected is the alarm's name, in the table and in the log.
const StuffingSuspected = "sign_in_stuffing_suspected"

// AlarmKinds are all alarms that there are.
var AlarmKinds = []string{StuffingSuspected, PasskeyCopySuspected, PINsGuessed}

// spread counts a try at a user name from where nobody has signed in with it before, and tells whether it raised the alarm: of all tries of the
// window one does.
func spread(ctx context.Context, tx *scope.Tx, guessed []byte) (raised bool, err error) {
	began := tx.Now.Truncate(SpreadWindow)
	if err := queries.InsertGuess(ctx, tx, db.InsertGuessParams{MunicipalityID: tx.Municipality(), BeganAt: began, Subject: guessed}); err != nil {
		return false, fmt.Errorf("store: count a guess: %w", err)
	}
	n, err := queries.CountGuesses(ctx, tx, db.CountGuessesParams{MunicipalityID: tx.Municipality(), BeganAt: began, BeforeAt: began.Add(-SpreadWindow), Kind: StuffingSuspected, Most: SpreadOver})
	if err != nil {
		return false, fmt.Errorf("store: count guesses: %w", err)
	}
	if n < SpreadOver {
		return false, nil
	}
	return raise(ctx, tx, began)
}

// raise raises the alarm of stuffing, once in the window that began then; false if it was raised before.
func raise(ctx context.Context, tx *scope.Tx, began time.Time) (bool, error) {
	rows, err := queries.RaiseAlarm(ctx, tx, db.RaiseAlarmParams{
		MunicipalityID: tx.Municipality(), BeganAt: began, Kind: StuffingSuspected, RaisedAt: tx.Now,
	})
	if err != nil {
		return false, fmt.Errorf("store: raise the alarm: %w", err)
	}
	return rows == 1, nil
}

// unspread takes the user name of somebody who signed in after all out of the count.
func unspread(ctx context.Context, tx *scope.Tx, guessed []byte) error {
	err := queries.DeleteGuess(ctx, tx, db.DeleteGuessParams{
		MunicipalityID: tx.Municipality(), Since: tx.Now.Add(-2 * SpreadWindow), Subject: guessed,
	})
	if err != nil {
		return fmt.Errorf("store: take back a guess: %w", err)
	}
	return nil
}

// ForgetGuesses deletes what the alarm no longer needs, and alarms after 90 days.
func ForgetGuesses(ctx context.Context, tx *scope.Tx) error {
	_, err := queries.DeleteOldGuesses(ctx, tx, db.DeleteOldGuessesParams{MunicipalityID: tx.Municipality(), BeganBefore: tx.Now.Add(-time.Hour)})
	if err == nil {
		err = queries.DeleteOldAlarms(ctx, tx, db.DeleteOldAlarmsParams{MunicipalityID: tx.Municipality(), RaisedBefore: tx.Now.Add(-90 * 24 * time.Hour)})
	}
	if err != nil {
		return fmt.Errorf("store: forget guesses: %w", err)
	}
	return nil
}

// Alarms counts the alarms of all municipalities since a moment, by kind. Any transaction of the API may ask: it is for a metric.
func Alarms(ctx context.Context, tx *scope.Tx, since time.Time) (map[string]int64, error) {
	rows, err := queries.AlarmsSince(ctx, tx, since)
	if err != nil {
		return nil, fmt.Errorf("store: alarms: %w", err)
	}
	times := make(map[string]int64, len(rows))
	for _, row := range rows {
		times[row.Kind] = row.Times
	}
	return times, nil
}

// deviceSubject stands for a device, whoever it tries to be.
func deviceSubject(keys *seal.Keyring, tx *scope.Tx, device []byte) []byte {
	return subject(keys, tx.Municipality(), "device", string(device))
}
