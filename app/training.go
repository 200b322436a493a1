package app

import (
	"time"

	"github.com/google/uuid"
)

// MaxTrainingYears is how far back the day of a training may lie.
const MaxTrainingYears = 5

// TrainingRecord is what somebody who works at an institution is to be trained in, and was (V3, V9).
type TrainingRecord struct {
	Person     uuid.UUID
	PersonName string // "" for a protected identity
	Parts      []TrainedPart
}

// TrainedPart is one part of the routine: access, messages, absences, alerts or privacy.
type TrainedPart struct {
	Routine   string
	TrainedOn time.Time // the latest day; zero: never
	DueOn     time.Time // the last day for it, or for the next: a month after the first day at work, a year after the training
	Overdue   bool      // that day is over
}

// MayRecordTraining refuses what is not the caller's to record: roles are those of the person at the institution, day and today days there.
// Faults: not_found for who does not work there, training_not_yours for oneself and for who stands as high, training_day_wrong.
func MayRecordTraining(roles []StaffRole, day, today time.Time) error {
	if len(roles) == 0 {
		return ErrNotFound
	}
	for _, r := range roles {
		if !r.MayDecide {
			return ErrTrainingNotYours
		}
	}
	if day.After(today) || day.Before(today.AddDate(-MaxTrainingYears, 0, 0)) {
		return &Fault{Kind: Unprocessable, Code: "training_day_wrong", Detail: "A training is recorded when it has been, within five years."}
	}
	return nil
}

// MayCorrectTraining is the same for an entry that was wrong: instead is the right day, zero where there was no training. Faults: those of
// MayRecordTraining, reason_missing.
func MayCorrectTraining(roles []StaffRole, instead, today time.Time, reason string) error {
	if instead.IsZero() {
		instead = today
	}
	if err := MayRecordTraining(roles, instead, today); err != nil {
		return err
	}
	if !visible(reason) {
		return &Fault{Kind: Unprocessable, Code: "reason_missing", Detail: "Say what was wrong about the entry."}
	}
	return nil
}

// ErrTrainingNotYours refuses to record a training of oneself, or of somebody who stands as high.
var ErrTrainingNotYours = &Fault{Kind: Conflict, Code: "training_not_yours",
	Detail: "Nobody records their own training here, and that of a head is recorded by the owner. Ask them."}
