package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app/postgres/internal/db"
	"budstikke.example/app/register"
	"budstikke.example/auth/access"
	"budstikke.example/migrations/scope"
	"budstikke.example/migrations/seal"
)

// Register is the way in for the registers of a municipality: what they say is read into the nouns' tables and never typed twice (H9, L2).
// An import grants nothing: a guardianship comes in inactive, and what a person here decided stays as it is (V1, P6). The database refuses
// anything else. Start reading at Apply; the rows are matched in register_match.go and written in register_write.go.
type Register struct {
	db           *DB
	municipality uuid.UUID
	keys         *seal.Keyring
}

// Register returns the handle of a municipality's registers; keys seal and find national identity numbers.
func (db *DB) Register(municipality uuid.UUID, keys *seal.Keyring) Register {
	return Register{db, municipality, keys}
}

func (r Register) database() *DB { return r.db }

func (r Register) open() scope.Scope { return scope.Of(r.municipality, scope.Register) }

func (r Register) within(t tx) *registerTx { return &registerTx{tx: t, keys: r.keys} }

type registerTx struct {
	tx
	keys *seal.Keyring
}

// Errors of imports.
var (
	// ErrHeld means that the plan would end suspiciously much and that nobody has said that it is right. Nothing was written (B8).
	ErrHeld = errors.New("the import is held, because it would end unusually much: look at the plan, and allow it if it is right")
	// ErrImportRunning means that another import of the municipality has not finished yet. Nothing was written.
	ErrImportRunning = errors.New("another import of this municipality is running: try again when it has finished")
	// ErrSource means that an import does not name its register in 1 to 100 characters.
	ErrSource = errors.New("the name of the register must have 1 to 100 characters")
)

// Import is one file that was read without errors.
type Import struct {
	// Source names the register, 1 to 100 characters. Rows that a complete file no longer has end only for the source that it is imported as,
	// so a source must always be given the same kind of file of the same institutions.
	Source string
	// FileName and FileHash (SHA-256) are kept with the import, so that people can tell what came from where (L8).
	FileName string
	FileHash []byte
	Roster   register.Roster
	// AllowHeld says that a person has looked at the plan and wants it although it is held.
	AllowHeld bool
	// Progress, unless nil, is told how many rows are written of how many.
	Progress func(done, total int)
}

// State returns what the database has from one source, in the register's own words as they were imported last.
func (r Register) State(ctx context.Context, source string) (register.State, error) {
	return Read(ctx, r, func(t *registerTx) (register.State, error) {
		s, err := t.standing(ctx, source)
		return s.state, err
	})
}

// Preview returns what Apply would do, and writes nothing. Fault: not_found for a municipality that does not exist. Error: ErrSource.
func (r Register) Preview(ctx context.Context, in Import) (register.Plan, error) {
	return Read(ctx, r, func(t *registerTx) (register.Plan, error) {
		d, err := t.draft(ctx, in)
		if err != nil {
			return register.Plan{}, err
		}
		return d.plan, nil
	})
}

// Apply carries an import out in one transaction and returns what it changed. The plan is made from what the database says inside that
// transaction; importing the same file again changes nothing. Faults: not_found for a municipality that does not exist. Errors: ErrHeld (the
// plan is returned with it), ErrImportRunning, ErrSource.
func (r Register) Apply(ctx context.Context, in Import) (register.Plan, error) {
	var plan register.Plan
	ctx = WithAudit(ctx, Audit{Operation: "Import", Purpose: access.Registers})
	_, err := Write(ctx, r, func(t *registerTx) (struct{}, error) {
		var none struct{}
		free, err := db.New().LockImports(ctx, t.Tx)
		if err != nil {
			return none, err
		}
		if !free {
			return none, ErrImportRunning
		}
		d, err := t.draft(ctx, in)
		if err != nil {
			return none, err
		}
		plan = d.plan
		if plan.Held() && !in.AllowHeld {
			return none, ErrHeld
		}
		return none, d.write(ctx)
	})
	return plan, err
}

// draft is an import on its way: the plan, and which row each of its records stands for.
type draft struct {
	*registerTx
	in    Import
	zone  *time.Location // of the municipality: days begin and end there
	known standing
	plan  register.Plan

	rows        map[register.Ref]uuid.UUID        // the row of every record, known or new
	fresh       map[uuid.UUID]bool                // rows that this import creates
	level       map[uuid.UUID]register.Protection // of persons that were here before, whoever said so
	elsewhere   map[uuid.UUID]register.Protection // what other registers say of persons whose protection is lowered
	renumber    map[uuid.UUID]bool                // persons whose identity number is replaced
	numbersHeld map[uuid.UUID][]string            // what names the numbers that wait for a person, of those who have been let in
	joinsHeld   map[uuid.UUID][]string            // what names the names of new records that have the number of somebody who has been let in
	joined      map[uuid.UUID][]string            // the same, of those that people have accepted
	takenFrom   map[uuid.UUID]uuid.UUID           // persons whom the register gives the identity number of somebody else
	written     map[uuid.UUID]bool                // rows that were handed to a statement
}

// draft compares the roster with what is here and finds the rows that are meant. It writes nothing.
func (t *registerTx) draft(ctx context.Context, in Import) (*draft, error) {
	if n := len([]rune(in.Source)); n < 1 || n > 100 {
		return nil, ErrSource
	}
	here, err := db.New().MunicipalityOfScope(ctx, t.Tx)
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(here.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("postgres: the time zone of the municipality: %w", err)
	}
	d := &draft{registerTx: t, in: in, zone: zone, rows: map[register.Ref]uuid.UUID{}, fresh: map[uuid.UUID]bool{},
		level: map[uuid.UUID]register.Protection{}, elsewhere: map[uuid.UUID]register.Protection{}, renumber: map[uuid.UUID]bool{},
		takenFrom: map[uuid.UUID]uuid.UUID{}, numbersHeld: map[uuid.UUID][]string{}, joinsHeld: map[uuid.UUID][]string{}, joined: map[uuid.UUID][]string{},
		written: map[uuid.UUID]bool{}}
	if d.known, err = t.standing(ctx, in.Source); err != nil {
		return nil, err
	}
	d.plan = register.Diff(d.known.state, in.Roster)
	return d, d.match(ctx)
}
