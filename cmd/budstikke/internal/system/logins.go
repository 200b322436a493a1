package system

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/url"

	"github.com/jackc/pgx/v5"
)

// Logins are the addresses by which the two processes of a private server sign in, each as a role of its own that owns nothing.
type Logins struct{ API, Worker string }

// MakeLogins gives a private server's database two logins with fresh passwords, members of the application's roles. admin is the
// administrator's URL. In production a deployment makes its own (docs/operations.md).
func MakeLogins(ctx context.Context, conn *pgx.Conn, admin string) (Logins, error) {
	address, err := url.Parse(admin)
	if err != nil {
		return Logins{}, fmt.Errorf("the database URL cannot be read")
	}
	var database string
	if err := conn.QueryRow(ctx, "select current_database()").Scan(&database); err != nil {
		return Logins{}, err
	}
	var made [2]string
	for i, role := range []string{"budstikke_api", "budstikke_worker"} {
		login := pgx.Identifier{database + "_" + role}.Sanitize()
		password := hex.EncodeToString(random(24))
		// Neither a login nor a password can be a parameter of these statements; both are made here, of safe characters.
		if _, err := conn.Exec(ctx, fmt.Sprintf(`do $$ begin create role %s; exception when duplicate_object then null; end $$`, login)); err != nil {
			return Logins{}, err
		}
		if _, err := conn.Exec(ctx, fmt.Sprintf("alter role %s login nosuperuser nobypassrls nocreatedb nocreaterole password '%s'", login, password)); err != nil {
			return Logins{}, err
		}
		if _, err := conn.Exec(ctx, fmt.Sprintf("grant %s to %s", role, login)); err != nil {
			return Logins{}, err
		}
		signedIn := *address
		signedIn.User = url.UserPassword(database+"_"+role, password)
		made[i] = signedIn.String()
	}
	return Logins{API: made[0], Worker: made[1]}, nil
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}
