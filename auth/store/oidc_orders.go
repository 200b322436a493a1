package store

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/auth"
	"budstikke.example/auth/oidc"
	"budstikke.example/auth/store/internal/db"
	"budstikke.example/migrations/scope"
	"budstikke.example/migrations/seal"
)

// claimedFor is how long an answer that is being looked into keeps its repetition waiting; longer than the provider and we may take.
const claimedFor = 30 * time.Second

// ErrOrderInHand means that the same answer is being looked into at this moment: ask again in a little while with the same key.
var ErrOrderInHand = errors.New("store: this sign-in is being finished")

// OIDCOrder is a sign-in that was sent to a provider.
type OIDCOrder struct {
	ID       uuid.UUID
	Provider string // the profile's id
	Audience oidc.Audience
	Client   string    // names the return address
	Target   string    // where in the app it leads afterwards; empty for the usual place (U6)
	Session  uuid.UUID // the running session that it proves anew; uuid.Nil for a sign-in
	Secrets  oidc.Secrets
}

// sealedSecrets is how an order's secrets are written before they are sealed.
type sealedSecrets struct {
	Verifier string `json:"v"`
	Nonce    string `json:"n"`
}

func orderSeal(municipality, order uuid.UUID) []string {
	return []string{municipality.String(), "auth.oidc_orders", "secrets", order.String()}
}

// StartOIDCOrder keeps a sign-in that is about to be sent to a provider with this state, and returns the secret of its holder, which is kept
// nowhere: hand it to the device that asked. It works in the scope SignIn, as do all functions for these orders.
func StartOIDCOrder(ctx context.Context, tx *scope.Tx, keys *seal.Keyring, o OIDCOrder, state string) (auth.Token, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return auth.Token{}, fmt.Errorf("store: start order: %w", err)
	}
	plain, err := json.Marshal(sealedSecrets{o.Secrets.Verifier.Reveal(), o.Secrets.Nonce.Reveal()})
	if err != nil {
		return auth.Token{}, fmt.Errorf("store: start order: %w", err)
	}
	sealed, version, err := keys.Seal(plain, orderSeal(tx.Municipality(), id)...)
	if err != nil {
		return auth.Token{}, fmt.Errorf("store: start order: %w", err)
	}
	holder, digest := auth.NewHolder(tx.Municipality())
	stateDigest := sha256.Sum256([]byte(state))
	row := db.InsertOIDCOrderParams{
		MunicipalityID: tx.Municipality(), ID: id, HolderHash: digest[:], StateHash: stateDigest[:], Provider: o.Provider, Audience: string(o.Audience),
		Client: o.Client, SecretsSealed: sealed, SecretsKey: int16(version), StartedAt: tx.Now,
	}
	if o.Session != uuid.Nil {
		row.SessionID = &o.Session
	}
	if o.Target != "" {
		row.Target = &o.Target
	}
	if err := queries.InsertOIDCOrder(ctx, tx, row); err != nil {
		return auth.Token{}, fmt.Errorf("store: start order: %w", err)
	}
	return holder, nil
}

// ClaimOIDCOrder takes the order of a holder to which an answer with this state came: from now on no other answer to it is looked into, whatever
// becomes of this one. session is the one that it has to prove anew, uuid.Nil for a sign-in. Errors: ErrNoOrder for one that is unknown, of
// another state or for something else, too old or over; ErrOrderInHand.
func ClaimOIDCOrder(ctx context.Context, tx *scope.Tx, keys *seal.Keyring, holder auth.Credential, state string, session uuid.UUID) (OIDCOrder, error) {
	stateDigest := sha256.Sum256([]byte(state))
	asked := db.OIDCOrderParams{
		MunicipalityID: tx.Municipality(), HolderHash: holder.Digest[:], StateHash: stateDigest[:], NotBefore: tx.Now.Add(-OrderLifetime),
	}
	if session != uuid.Nil {
		asked.SessionID = &session
	}
	row, err := queries.OIDCOrder(ctx, tx, asked)
	if errors.Is(err, pgx.ErrNoRows) {
		return OIDCOrder{}, ErrNoOrder
	}
	if err != nil {
		return OIDCOrder{}, fmt.Errorf("store: claim order: %w", err)
	}
	if row.ClaimedAt != nil {
		if row.FinishedAt == nil && tx.Now.Sub(*row.ClaimedAt) < claimedFor {
			return OIDCOrder{}, ErrOrderInHand
		}
		return OIDCOrder{}, ErrNoOrder
	}
	n, err := queries.ClaimOIDCOrder(ctx, tx, db.ClaimOIDCOrderParams{MunicipalityID: tx.Municipality(), ID: row.ID, ClaimedAt: tx.Now})
	if err != nil {
		return OIDCOrder{}, fmt.Errorf("store: claim order: %w", err)
	}
	if n == 0 {
		return OIDCOrder{}, ErrOrderInHand
	}
	plain, err := keys.Open(row.SecretsSealed, seal.KeyVersion(row.SecretsKey), orderSeal(tx.Municipality(), row.ID)...)
	if err != nil {
		return OIDCOrder{}, fmt.Errorf("store: claim order: %w", err)
	}
	var secrets sealedSecrets
	if err := json.Unmarshal(plain, &secrets); err != nil {
		return OIDCOrder{}, errors.New("store: claim order: its secrets cannot be read")
	}
	order := OIDCOrder{
		ID: row.ID, Provider: row.Provider, Audience: oidc.Audience(row.Audience), Client: row.Client,
		Secrets: oidc.Secrets{Verifier: auth.Hide(secrets.Verifier), Nonce: auth.Hide(secrets.Nonce)},
	}
	if session != uuid.Nil {
		order.Session, order.Secrets.Since = session, row.StartedAt
	}
	if row.Target != nil {
		order.Target = *row.Target
	}
	return order, nil
}

// FinishOIDCOrder ends an order, once. What follows from it belongs into the same transaction. Error: ErrNoOrder when it is over already.
func FinishOIDCOrder(ctx context.Context, tx *scope.Tx, order uuid.UUID) error {
	n, err := queries.FinishOIDCOrder(ctx, tx, db.FinishOIDCOrderParams{MunicipalityID: tx.Municipality(), ID: order, FinishedAt: tx.Now})
	if err != nil {
		return fmt.Errorf("store: finish order: %w", err)
	}
	if n == 0 {
		return ErrNoOrder
	}
	return nil
}

// ForgetOIDCOrders deletes orders older than KeepOrders, and returns how many.
func ForgetOIDCOrders(ctx context.Context, tx *scope.Tx) (int64, error) {
	n, err := queries.DeleteOldOIDCOrders(ctx, tx, db.DeleteOldOIDCOrdersParams{
		MunicipalityID: tx.Municipality(), StartedBefore: tx.Now.Add(-KeepOrders),
	})
	if err != nil {
		return 0, fmt.Errorf("store: forget orders: %w", err)
	}
	return n, nil
}
