package store

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/auth"
	"budstikke.example/auth/store/internal/db"
	"budstikke.example/auth/tablet"
	"budstikke.example/migrations/scope"
	"budstikke.example/migrations/seal"
)

// ErrNoTablet means that there is no such tablet, group or code for whoever asks: unknown, over, used, locked, or somebody else's.
var ErrNoTablet = errors.New("store: no such tablet; ask the head to enrol it")

// SharedUser is the shared user of a group (V7) and how its secret stands (V12).
type SharedUser struct {
	Group       uuid.UUID
	Substitutes bool // whether substitutes may use it
	Rotated     time.Time
	Because     string    // new, month, left, lost or asked
	ConfirmBy   time.Time // tablets with an older secret are locked from then on, or from the deadline of an earlier change that they missed
	Suspended   bool      // nobody confirmed it in its review (V10), and none of its tablets works
	Tablets     []Tablet
}

// Tablet is an enrolled tablet, for the head.
type Tablet struct {
	ID          uuid.UUID
	Name        string
	Enrolled    time.Time
	Proved      time.Time // when it last renewed its access
	Unconfirmed bool      // it has not been given the present secret yet
	Locked      bool      // and it is too late to, whatever was changed since (V12)
	Suspended   bool      // nobody confirmed it, or its shared user, in the review (V10)
}

// SharedUsers returns the shared users of these groups. It works in a head's scope, as do the functions for what heads decide about tablets.
func SharedUsers(ctx context.Context, tx *scope.Tx, groups []uuid.UUID) ([]SharedUser, error) {
	rows, err := queries.SharedUsers(ctx, tx, db.SharedUsersParams{MunicipalityID: tx.Municipality(), Groups: groups})
	if err != nil {
		return nil, fmt.Errorf("store: shared users: %w", err)
	}
	tablets, err := queries.TabletsOfGroups(ctx, tx, db.TabletsOfGroupsParams{MunicipalityID: tx.Municipality(), Groups: groups, Moment: tx.Now})
	if err != nil {
		return nil, fmt.Errorf("store: shared users: %w", err)
	}
	list := make([]SharedUser, len(rows))
	for i, r := range rows {
		list[i] = SharedUser{Group: r.GroupID, Substitutes: r.Substitutes, Rotated: r.RotatedAt, Because: r.RotatedBecause, ConfirmBy: r.ConfirmBy, Suspended: r.SuspendedAt != nil}
		for _, t := range tablets {
			if t.GroupID != r.GroupID {
				continue
			}
			list[i].Tablets = append(list[i].Tablets, Tablet{
				ID: t.ID, Name: t.Name, Enrolled: t.EnrolledAt, Proved: t.ProvedAt, Unconfirmed: t.Unconfirmed, Locked: t.Locked,
				Suspended: r.SuspendedAt != nil || t.SuspendedAt != nil,
			})
		}
	}
	return list, nil
}

// LetSubstitutes decides whether substitutes may use a group's shared user (V7). Error: ErrNoTablet.
func LetSubstitutes(ctx context.Context, tx *scope.Tx, group uuid.UUID, allowed bool) error {
	n, err := queries.SetSubstitutes(ctx, tx, db.SetSubstitutesParams{MunicipalityID: tx.Municipality(), GroupID: group, Substitutes: allowed})
	if err == nil && n == 0 {
		err = ErrNoTablet
	}
	if err != nil {
		return fmt.Errorf("store: let substitutes: %w", err)
	}
	return nil
}

// MakeTabletCode makes a code that enrols one tablet for a group within tablet.CodeLifetime. It is kept nowhere: show it to the head. Whoever enrols
// tablets confirms the shared user, so that it rests no longer (V10). Error: ErrNoTablet for a group that the head does not answer for.
func MakeTabletCode(ctx context.Context, tx *scope.Tx, group uuid.UUID) (auth.Token, time.Time, error) {
	me, err := tx.Person(ctx)
	if err == nil {
		err = tx.Hold(ctx)
	}
	if err != nil {
		return auth.Token{}, time.Time{}, err
	}
	if _, err := queries.SharedUser(ctx, tx, db.SharedUserParams{MunicipalityID: tx.Municipality(), GroupID: group}); err != nil {
		return auth.Token{}, time.Time{}, noTablet("make a code", err)
	}
	if err := KeepSharedUser(ctx, tx, group); err != nil {
		return auth.Token{}, time.Time{}, err
	}
	code, digest := tablet.NewCode()
	until := tx.Now.Add(tablet.CodeLifetime)
	err = queries.InsertTabletCode(ctx, tx, db.InsertTabletCodeParams{
		MunicipalityID: tx.Municipality(), CodeHash: digest[:], GroupID: group, MadeBy: me.ID, MadeAt: tx.Now, ExpiresAt: until,
	})
	if err != nil {
		return auth.Token{}, time.Time{}, fmt.Errorf("store: make a tablet's code: %w", err)
	}
	return auth.Known(code), until, nil
}

// RotateSharedUser gives a group's shared user a new secret now (V12). because is "asked" or "lost". Error: ErrNoTablet.
func RotateSharedUser(ctx context.Context, tx *scope.Tx, group uuid.UUID, because string) error {
	if _, err := queries.SharedUser(ctx, tx, db.SharedUserParams{MunicipalityID: tx.Municipality(), GroupID: group}); err != nil {
		return noTablet("rotate", err)
	}
	if _, err := tx.Exec(ctx, "select auth.rotate_shared_user($1, $2, $3)", group, because, tx.Now); err != nil {
		return fmt.Errorf("store: rotate a shared user: %w", err)
	}
	return nil
}

// RemoveTablet ends a tablet and everybody's work on it, at once (V15). One that was lost takes the secret of its group with it (V12). It
// returns the group. Error: ErrNoTablet.
func RemoveTablet(ctx context.Context, tx *scope.Tx, id uuid.UUID, lost bool) (uuid.UUID, error) {
	because := "replaced"
	if lost {
		because = "lost"
	}
	group, err := queries.EndTablet(ctx, tx, db.EndTabletParams{MunicipalityID: tx.Municipality(), ID: id, EndedAt: tx.Now, Because: because})
	if err != nil {
		return uuid.Nil, noTablet("remove", err)
	}
	if lost {
		return group, RotateSharedUser(ctx, tx, group, because)
	}
	return group, nil
}

// CloseSharedUser changes the secret of a group and removes its tablets and the codes that would enrol more (V12, V15): nobody works there until a head
// enrols a tablet anew. It works in a head's scope. Error: ErrNoTablet for a group that the head does not answer for.
func CloseSharedUser(ctx context.Context, tx *scope.Tx, group uuid.UUID) error {
	if err := RotateSharedUser(ctx, tx, group, "asked"); err != nil { // first: it waits for a tablet that is being enrolled, which is then removed, too
		return err
	}
	if _, err := queries.EndTabletCodes(ctx, tx, db.EndTabletCodesParams{MunicipalityID: tx.Municipality(), GroupID: group}); err != nil {
		return fmt.Errorf("store: close a shared user: %w", err)
	}
	list, err := SharedUsers(ctx, tx, []uuid.UUID{group})
	if err != nil {
		return err
	}
	for _, u := range list {
		for _, t := range u.Tablets {
			if _, err := RemoveTablet(ctx, tx, t.ID, false); err != nil {
				return err
			}
		}
	}
	return nil
}

// KeepTablet lets a tablet work again that rested because nobody had confirmed it in a review (V10). It works in a head's scope; what does not rest
// stays as it is.
func KeepTablet(ctx context.Context, tx *scope.Tx, id uuid.UUID) error {
	if err := queries.KeepTablet(ctx, tx, db.KeepTabletParams{MunicipalityID: tx.Municipality(), ID: id}); err != nil {
		return fmt.Errorf("store: keep a tablet: %w", err)
	}
	return nil
}

// KeepSharedUser is the same for the shared user of a group, and so for all its tablets that do not rest by themselves.
func KeepSharedUser(ctx context.Context, tx *scope.Tx, group uuid.UUID) error {
	if err := queries.KeepSharedUser(ctx, tx, db.KeepSharedUserParams{MunicipalityID: tx.Municipality(), GroupID: group}); err != nil {
		return fmt.Errorf("store: keep a shared user: %w", err)
	}
	return nil
}

// RotateDue rotates the secrets of shared users where a month has begun or somebody who knew it has left, and returns their groups (V12). It
// works in the scope SignIn, as do the functions below.
func RotateDue(ctx context.Context, tx *scope.Tx) ([]uuid.UUID, error) {
	rows, err := tx.Query(ctx, "select auth.rotate_due($1)", tx.Now)
	if err != nil {
		return nil, fmt.Errorf("store: rotate what is due: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return nil, fmt.Errorf("store: rotate what is due: %w", err)
	}
	return list, nil
}

// NewTablet is a tablet that was just enrolled. Its secret and its first access token are kept nowhere.
type NewTablet struct {
	ID, Group, EnrolledBy uuid.UUID
	Secret, Access        auth.Token
	Expires               time.Time
}

// EnrolTablet enrols a tablet by a code, once. Error: ErrNoTablet for a code that is unknown, too old or used.
func EnrolTablet(ctx context.Context, tx *scope.Tx, code [32]byte, key ed25519.PublicKey, name string) (NewTablet, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return NewTablet{}, fmt.Errorf("store: enrol a tablet: %w", err)
	}
	secret, secretDigest := tablet.NewSecret()
	access, digest := auth.NewToken(tx.Municipality())
	n := NewTablet{ID: id, Secret: auth.Known(secret), Access: access, Expires: tx.Now.Add(tablet.Access)}
	err = tx.QueryRow(ctx, "select group_id, made_by from auth.enrol_tablet($1, $2, $3, $4, $5, $6, $7, $8)",
		code[:], id, name, []byte(key), secretDigest[:], digest[:], n.Expires, tx.Now).Scan(&n.Group, &n.EnrolledBy)
	if err != nil {
		return NewTablet{}, noTablet("enrol", err)
	}
	return n, nil
}

// Renewal is the access that a tablet renewed.
type Renewal struct {
	Access    auth.Token
	Expires   time.Time
	ConfirmBy time.Time // somebody must confirm the tablet until then, or it is locked (V12); the zero time when nobody has to
}

// RenewTablet gives a tablet its next access token for a proof that it signed, and changes before that the secrets that are due (V12): the answer says
// when this one has to be confirmed. Nobody who cannot prove to be a tablet makes that work. Error: ErrNoTablet, whatever is wrong with it.
func RenewTablet(ctx context.Context, tx *scope.Tx, id uuid.UUID, at time.Time, signature string) (Renewal, error) {
	held, err := holdTablet(ctx, tx, id)
	if err != nil {
		return Renewal{}, err
	}
	proof := tablet.Proof{Municipality: tx.Municipality(), Tablet: id, SecretDigest: held.secret, At: at}
	if tx.Now.Sub(at).Abs() > tablet.Skew || !at.After(held.proved) || !proof.Signed(held.key, signature) {
		return Renewal{}, ErrNoTablet
	}
	if _, err := RotateDue(ctx, tx); err != nil {
		return Renewal{}, err
	}
	if held, err = holdTablet(ctx, tx, id); err != nil {
		return Renewal{}, err
	}
	access, digest := auth.NewToken(tx.Municipality())
	renewal := Renewal{Access: access, Expires: tx.Now.Add(tablet.Access)}
	if held.confirm != nil {
		renewal.ConfirmBy = *held.confirm
		renewal.Expires = earlier(renewal.Expires, *held.confirm)
	}
	err = queries.ProveTablet(ctx, tx, db.ProveTabletParams{
		MunicipalityID: tx.Municipality(), ID: id, TokenHash: digest[:], TokenExpiresAt: renewal.Expires, ProvedAt: at,
	})
	if err != nil {
		return Renewal{}, fmt.Errorf("store: renew a tablet: %w", err)
	}
	return renewal, nil
}

// heldTablet is a working tablet that nobody else proves until the transaction ends.
type heldTablet struct {
	key, secret []byte
	proved      time.Time
	confirm     *time.Time // nil: it has the present secret
}

func holdTablet(ctx context.Context, tx *scope.Tx, id uuid.UUID) (t heldTablet, err error) {
	row := tx.QueryRow(ctx, "select public_key, secret_hash, proved_at, confirm_by from auth.hold_tablet($1)", id)
	if err := row.Scan(&t.key, &t.secret, &t.proved, &t.confirm); err != nil {
		return t, noTablet("renew", err)
	}
	return t, nil
}

// ConfirmTablet gives the tablet that somebody works on its new secret (V12), which is kept nowhere. It works in the scope of that work. Error:
// ErrNoTablet for work that is not on a tablet.
func ConfirmTablet(ctx context.Context, tx *scope.Tx, id uuid.UUID) (auth.Token, error) {
	secret, digest := tablet.NewSecret()
	var confirmed bool
	if err := tx.QueryRow(ctx, "select auth.confirm_tablet($1, $2)", id, digest[:]).Scan(&confirmed); err != nil {
		return auth.Token{}, fmt.Errorf("store: confirm a tablet: %w", err)
	}
	if !confirmed {
		return auth.Token{}, ErrNoTablet
	}
	return auth.Known(secret), nil
}

// ForgetTabletCodes deletes codes that have been over for a day.
func ForgetTabletCodes(ctx context.Context, tx *scope.Tx) (int64, error) {
	n, err := queries.DeleteOldTabletCodes(ctx, tx, db.DeleteOldTabletCodesParams{
		MunicipalityID: tx.Municipality(), ExpiredBefore: tx.Now.Add(-24 * time.Hour),
	})
	if err != nil {
		return 0, fmt.Errorf("store: forget tablets' codes: %w", err)
	}
	return n, nil
}

func noTablet(doing string, err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return ErrNoTablet
	}
	return fmt.Errorf("store: tablet: %s: %w", doing, err)
}

// MostCodes is how many codes may be tried from one address within Window: guessing 75 bits is hopeless, and this keeps it from being noisy.
const MostCodes = 20

// ClaimCode counts a try at a code from an address. It works in the scope SignIn. Error: *TooSoonError; let it roll the transaction back.
func ClaimCode(ctx context.Context, tx *scope.Tx, keys *seal.Keyring, address netip.Addr) error {
	return claim(ctx, tx, subject(keys, tx.Municipality(), "tablet codes from", network(address)), MostCodes)
}
