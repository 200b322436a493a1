package scope

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
)

// InUTC lets what a pool asks and reads mean the same wherever the server and the program stand: the sessions' time zone is UTC, whatever the
// database's or the login's is, and moments are read as UTC, whatever TZ says. "Fourteen days" are then as many hours in Postgres as they are
// here, and a day is nobody's but the institution's, whose zone each question names. Ids travel as bytes.
func InUTC(config *pgxpool.Config) {
	config.ConnConfig.RuntimeParams["timezone"] = "UTC"
	config.AfterConnect = func(_ context.Context, conn *pgx.Conn) error {
		moment := &pgtype.Type{Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC}}
		conn.TypeMap().RegisterType(moment)
		conn.TypeMap().RegisterType(&pgtype.Type{Name: "_timestamptz", OID: pgtype.TimestamptzArrayOID, Codec: &pgtype.ArrayCodec{ElementType: moment}})
		registerUUIDs(conn.TypeMap())
		return nil
	}
}
