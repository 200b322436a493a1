package boot

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// follower lets a pool follow the server that can be written to, when that becomes another one (docs/postgres.md).
type follower struct{ pool atomic.Pointer[pgxpool.Pool] }

// oneHost is how long one of several servers may take to answer before the next is asked.
const oneHost = time.Second

// following makes connections go to the server that can be written to where several are named, and leave one that goes away or can be written to no
// more: the pool then gives up all that it has there, so that one failed statement, not one for each connection, tells that the server has changed.
func following(config *pgxpool.Config) *follower {
	f := &follower{}
	conn := config.ConnConfig
	if hosts(conn) > 1 {
		conn.ConnectTimeout = oneHost
		if conn.ValidateConnect == nil {
			conn.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
		}
	}
	fatal := conn.OnPgError
	conn.OnPgError = func(c *pgconn.PgConn, e *pgconn.PgError) bool {
		if moved(e) {
			if pool := f.pool.Load(); pool != nil {
				pool.Reset()
			}
			return false
		}
		return fatal == nil || fatal(c, e)
	}
	return f
}

// moved tells whether a server says that it is not, or no longer, the one to write to.
func moved(e *pgconn.PgError) bool {
	switch e.Code {
	case "25006", // read_only_sql_transaction: it is a stand-by, or was told to write no more
		"57P01", "57P02", "57P03": // admin_shutdown, crash_shutdown, cannot_connect_now
		return true
	}
	return false
}

// hosts counts the servers that an address names.
func hosts(config *pgx.ConnConfig) int {
	seen := map[string]bool{fmt.Sprint(config.Host, config.Port): true}
	for _, other := range config.Fallbacks {
		seen[fmt.Sprint(other.Host, other.Port)] = true
	}
	return len(seen)
}

// behindPooler makes a pool that can share connections of the server with others, a transaction at a time: no statement is prepared under a name, and
// nothing is set for a session, because the next transaction may run in another.
func behindPooler(config *pgxpool.Config) {
	config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	config.ConnConfig.StatementCacheCapacity = 0
}
