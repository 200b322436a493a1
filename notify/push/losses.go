package push

import (
	"context"
	"errors"
	"slices"
	"sync"

	"golang.org/x/net/http2"
)

// losses remembers which connections have failed lately. An HTTP/2 connection takes everything with it that was on its way; whoever is the first to tell of
// it stands for the failure, and the others share it (see notify.Result.Shared).
type losses struct {
	mu   sync.Mutex
	last []any // connections, newest last
}

// rememberedLosses is more than there are connections at a time; what was on them has told within milliseconds.
const rememberedLosses = 16

// first answers whether nobody has told of this connection's failure yet. nil, a request that never had a connection, shares with nobody.
func (l *losses) first(conn any) bool {
	if conn == nil {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if slices.Contains(l.last, conn) {
		return false
	}
	l.last = append(l.last, conn)
	if len(l.last) > rememberedLosses {
		l.last = slices.Delete(l.last, 0, 1)
	}
	return true
}

// connectionFailed tells whether a request ended with its connection: not by its own time running out, and not as a single stream.
func connectionFailed(ctx context.Context, err error) bool {
	var stream http2.StreamError
	return ctx.Err() == nil && failureWord(err, "") == "" && !errors.As(err, &stream) && !unprocessed(err)
}
