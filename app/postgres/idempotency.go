package postgres

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/app"
	"budstikke.example/migrations/scope"
)

// Idempotency makes one write harmless to repeat (B6). The rim puts it into the request's context; Write claims the key in the transaction
// of the effect and stores the answer there too, so that effect and answer exist together or not at all.
type Idempotency struct {
	Operation   string                           // operationId
	Key         string                           // as the client sent it
	Fingerprint [32]byte                         // SHA-256 over everything in the request that matters
	Encode      func(answer any) ([]byte, error) // renders an answer as the bytes to be kept
}

// Faults of repeating a write.
var (
	ErrKeyInFlight = &app.Fault{Kind: app.Conflict, Code: "idempotency_key_in_flight",
		Detail: "The same request is being carried out. Wait a moment and send it again with the same key."}
	ErrKeyReused = &app.Fault{Kind: app.Unprocessable, Code: "idempotency_key_reused",
		Detail: "This Idempotency-Key was used for another request. Use a new one."}
)

// ErrAnswerForgotten answers the repetition of a write that was carried out and whose answer was deleted since (V17), or names somebody who must not be
// named any more (B8).
var ErrAnswerForgotten = &app.Fault{Kind: app.Conflict, Code: "answer_forgotten",
	Detail: "This was carried out, and its answer is no longer kept: something it said was deleted since, or may not be shown any more. Read it again instead of repeating it."}

// Replay is returned by Write when the request was carried out before: Answer is what Encode made of the first answer.
type Replay struct{ Answer []byte }

// Error implements error.
func (*Replay) Error() string { return "this request was carried out before" }

type idempotencyKey struct{}

// WithIdempotency returns a context whose Write is carried out once.
func WithIdempotency(ctx context.Context, i Idempotency) context.Context {
	return context.WithValue(ctx, idempotencyKey{}, i)
}

func idempotencyFrom(ctx context.Context) (Idempotency, bool) {
	i, ok := ctx.Value(idempotencyKey{}).(Idempotency)
	return i, ok
}

// claim is the prelude that takes hold of the key in the batch that opens the transaction.
func (i Idempotency) claim() scope.Prelude {
	key := sha256.Sum256([]byte(i.Key))
	return scope.Prelude{
		SQL:  "select state, kept from app.hold_key($1, $2, $3, $4)",
		Args: func(tx *scope.Tx) []any { return []any{i.Operation, key[:], i.Fingerprint[:], tx.Now} },
		Scan: func(row pgx.Row) error {
			var state string
			var kept []byte
			if err := row.Scan(&state, &kept); err != nil {
				return err
			}
			switch state {
			case "new":
				return nil
			case "gone":
				return app.ErrNotFound
			case "forgotten":
				return ErrAnswerForgotten
			case "in_flight":
				return ErrKeyInFlight
			case "other_request":
				return ErrKeyReused
			case "done":
				answer, err := i.open(kept)
				if err != nil {
					return err
				}
				return &Replay{Answer: answer}
			}
			return fmt.Errorf("postgres: hold_key answered %q", state)
		},
	}
}

// about is whom and what a write is about. Its answer is given again only to somebody who may see that at the time (V15).
type about struct {
	child, institution, resource uuid.UUID

	children []uuid.UUID // shown in a list; for the trail only
	person   uuid.UUID   // somebody else who is concerned; for the trail, and whom the answer names
	named    []uuid.UUID // others whom the answer names
}

// Naming are the operations whose answers name people, or say what they sign in with. Once one of them has a protected identity, the answer is not
// given again (B8).
var Naming = []string{
	"ActivateGuardianship", "DeactivateGuardianship", "SuspendGuardianship", "InviteStaff", "InviteExternalPartner", "ChangeExternalPartner", "EnterProfessional",
	"ChangeProfessional", "DecideHeldChange", "EnterStaffRole", "EndStaffRole", "AppointHead", "SetRestriction", "GrantClearance", "ProposeLifting", "ConfirmLifting",
	"RecordTraining", "CorrectTraining", "DecideAssistedCase",
}

// names are the people whom the answer of an operation names; nil for an operation that names nobody.
func (a about) names(operation string) []uuid.UUID {
	if !slices.Contains(Naming, operation) {
		return nil
	}
	return append([]uuid.UUID{a.child, a.person}, a.named...)
}

// keep stores the answer, sealed under the client's own key: answers can hold tokens and text, and a stolen table must hold neither.
func (i Idempotency) keep(ctx context.Context, tx *scope.Tx, answer any, about about) error {
	plain, err := i.Encode(answer)
	if err != nil {
		return fmt.Errorf("postgres: encode the answer of %s: %w", i.Operation, err)
	}
	aead, err := i.cipher()
	if err != nil {
		return err
	}
	nonce := make([]byte, aead.NonceSize())
	_, _ = rand.Read(nonce)
	key := sha256.Sum256([]byte(i.Key))
	_, err = tx.Later().Exec(ctx, "select app.keep_answer($1, $2, $3, $4, $5, $6, $7, $8, $9)", i.Operation, key[:], i.Fingerprint[:], tx.Now,
		aead.Seal(nonce, nonce, plain, i.Fingerprint[:]), orNull(about.child), orNull(about.institution), orNull(about.resource), about.names(i.Operation))
	return err
}

func (i Idempotency) open(sealed []byte) ([]byte, error) {
	aead, err := i.cipher()
	if err != nil {
		return nil, err
	}
	if len(sealed) < aead.NonceSize() {
		return nil, errors.New("postgres: a kept answer is too short")
	}
	return aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], i.Fingerprint[:])
}

func (i Idempotency) cipher() (cipher.AEAD, error) {
	// The table holds SHA-256 of the key for finding the row; the sealing key is another digest of it, so that the row does not give it away.
	key := sha256.Sum256([]byte("budstikke kept answer\x00" + i.Key))
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
