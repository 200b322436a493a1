package web

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"budstikke.example/app/postgres"
	"budstikke.example/app/web/contract"
)

// replayHeader marks an answer that was given before (B6).
const replayHeader = "Idempotent-Replay"

// repeatable puts into the context what postgres.Write needs to carry the request out once.
func (s *Server) repeatable(ctx context.Context, operation *contract.Operation, a *contract.Accepted) context.Context {
	return postgres.WithIdempotency(ctx, postgres.Idempotency{
		Operation:   operation.ID,
		Key:         a.Key,
		Fingerprint: fingerprint(operation, a),
		Encode:      func(answer any) ([]byte, error) { return s.encode(operation.ID, answer) },
	})
}

// fingerprint is the same for the same request: SHA-256 over everything in it that matters, each part with its length in front, so that no two
// requests run together. The session is no part of it: a phone that was offline repeats a write after signing in anew, and a key belongs to
// its caller anyway.
func fingerprint(operation *contract.Operation, a *contract.Accepted) [sha256.Size]byte {
	hash := sha256.New()
	put := func(text string) {
		var size [8]byte
		binary.BigEndian.PutUint64(size[:], uint64(len(text)))
		hash.Write(size[:])
		hash.Write([]byte(text))
	}
	put(operation.Method)
	put(operation.ID)
	for _, name := range slices.Sorted(maps.Keys(a.Path)) {
		put(name)
		put(a.Path[name])
	}
	put(a.Query.Encode()) // sorted by name
	put(a.Version)
	put(string(a.Canonical))
	return [sha256.Size]byte(hash.Sum(nil))
}

// kept is an answer as it is stored.
type kept struct {
	Status int         `json:"s"`
	Header [][2]string `json:"h,omitempty"`
	Body   []byte      `json:"b,omitempty"`
}

// encode renders a room's answer as it would go over the wire. The answer's type has one method for that, named after the operation, which
// writes to a Fiber context: here one that no client is behind.
func (s *Server) encode(operationID string, answer any) ([]byte, error) {
	method := reflect.ValueOf(answer)
	if method.IsValid() {
		method = method.MethodByName("Visit" + operationID + "Response")
	}
	if !method.IsValid() {
		return nil, fmt.Errorf("web: %T is no answer of %s", answer, operationID)
	}
	visit, ok := method.Interface().(func(*fiber.Ctx) error)
	if !ok {
		return nil, fmt.Errorf("web: %T is no answer of %s", answer, operationID)
	}
	scratch := s.app.AcquireCtx(&fasthttp.RequestCtx{})
	defer s.app.ReleaseCtx(scratch)
	if err := visit(scratch); err != nil {
		return nil, fmt.Errorf("web: render the answer of %s: %w", operationID, err)
	}
	k := kept{Status: scratch.Response().StatusCode(), Body: scratch.Response().Body()}
	scratch.Response().Header.VisitAll(func(name, value []byte) {
		n := string(name)
		given := n != fiber.HeaderContentLength && (n != fiber.HeaderContentType || len(k.Body) > 0) // not what the HTTP server adds by itself
		if given && len(value) > 0 {
			k.Header = append(k.Header, [2]string{n, string(value)})
		}
	})
	return json.Marshal(k)
}

// replay gives a kept answer again.
func (s *Server) replay(c *fiber.Ctx, answer []byte) error {
	var k kept
	if err := json.Unmarshal(answer, &k); err != nil || k.Status < 200 || k.Status > 299 {
		return errors.New("web: a kept answer cannot be read")
	}
	for _, header := range k.Header {
		c.Set(header[0], header[1])
	}
	c.Set(replayHeader, "true")
	return c.Status(k.Status).Send(k.Body)
}
