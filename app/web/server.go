package web

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
	"go.opentelemetry.io/otel/trace"

	budstikke "budstikke.example"
	"budstikke.example/app/guardian"
	"budstikke.example/app/live"
	"budstikke.example/app/machine"
	"budstikke.example/app/office"
	"budstikke.example/app/signin"
	"budstikke.example/app/staff"
	"budstikke.example/app/web/contract"
	"budstikke.example/migrations/scope"
)

// Config is what the rim can be told. The zero value of every field but Signed is a sensible choice.
type Config struct {
	// Log receives one line per request and one per unknown error; nil is slog.Default().
	Log *slog.Logger
	// Clock is what the durations in the log are measured by; nil is time.Now.
	Clock func() time.Time
	// RequestTimeout is how long a flow may take before its context ends and the caller is told "unavailable"; 0 is 2 s, so that
	// the answer has left within 2.5 s also when Postgres stands still and the machine has its hands full.
	RequestTimeout time.Duration
	// ReadTimeout, WriteTimeout and IdleTimeout are those of a connection; 0 is 10 s, 10 s and 60 s. Without them Shutdown would wait for ever.
	ReadTimeout, WriteTimeout, IdleTimeout time.Duration
	// BodyLimit is how many bytes a body may have; 0 is 256 kB.
	BodyLimit int
	// HSTS is the max-age of Strict-Transport-Security; 0 sends none. Set it where the service is reached by HTTPS only.
	HSTS time.Duration
	// TrustedProxies are the networks whose X-Forwarded-For is believed; none believes nobody.
	TrustedProxies []netip.Prefix
	// Signed tells whether Twilio signed a request (an operation with the header X-Twilio-Signature). path is the request's path with
	// its query, exactly as received; form holds every parameter of the body; signature is the header. nil trusts nobody.
	Signed func(path string, form url.Values, signature string) bool
	// Refused is told of every request with a session that was answered "not found"; ctx says what was asked (postgres.AuditOf). nil tells nobody.
	Refused func(ctx context.Context, s scope.Scope)
	// Served is told of every answer: the operation, "-" for none, its status and how long it took. nil tells nobody. It must not block.
	Served func(operation string, status int, took time.Duration)
	// Tracer makes a span of every request but health probes, named by its operation; nil makes none. What a caller says of traces is not believed: it
	// would decide what we keep.
	Tracer trace.Tracer
	// Checks are what /health/ready asks.
	Checks []Check
	// Streams are the streams that the rooms open; Shutdown ends them, since nobody else would. nil: the rooms open none.
	Streams *live.Hub
}

// Rooms are the flows behind the door, one per tag of the contract. Each must be set.
type Rooms struct {
	Signin   signin.StrictServerInterface
	Guardian guardian.StrictServerInterface
	Staff    staff.StrictServerInterface
	Office   office.StrictServerInterface
	Machine  machine.StrictServerInterface
}

// Server is the one door.
type Server struct {
	config   Config
	contract *contract.Contract
	cuts     map[string]cuts // by operationId
	app      *fiber.App
	health   *health
	base     context.Context // the parent of every request's context; it ends when Shutdown gives up waiting
	stop     context.CancelFunc
}

// New builds the server and checks that what the rooms offer is exactly what openapi.yaml promises, operation by operation. An error is a
// mistake in the program, never in its surroundings.
func New(config Config, rooms Rooms) (*Server, error) {
	config = withDefaults(config)
	promised, err := promises()
	if err != nil {
		return nil, err
	}
	base, stop := context.WithCancel(context.Background())
	s := &Server{config: config, contract: promised, base: base, stop: stop, health: newHealth(config)}
	s.app = fiber.New(fiber.Config{
		Immutable:                    true, // without it a string kept from one request turns into another's
		StrictRouting:                true, // one path, one spelling
		CaseSensitive:                true,
		UnescapePath:                 false, // the same: %63 is not c, and %2F opens no way out of a segment
		ReadTimeout:                  config.ReadTimeout,
		WriteTimeout:                 config.WriteTimeout,
		IdleTimeout:                  config.IdleTimeout,
		BodyLimit:                    config.BodyLimit,
		ReadBufferSize:               16 << 10, // request line and headers
		DisableStartupMessage:        true,
		DisableDefaultContentType:    true,
		DisablePreParseMultipartForm: true,
		ErrorHandler:                 s.refused,
	})
	s.app.Server().CloseOnShutdown = true
	s.app.Server().Handler = s.framed(s.knownMethods(s.app.Server().Handler))
	s.app.Use(s.enter)
	if err := s.mountDocs(); err != nil {
		return nil, err
	}
	s.mountPages()
	s.mountHealth()
	return s, s.mountRooms(rooms)
}

// promises reads the contract once for all servers of a process; tests make many.
var promises = sync.OnceValues(func() (*contract.Contract, error) { return contract.Load(budstikke.OpenAPI) })

func withDefaults(config Config) Config {
	config.Log = cmp.Or(config.Log, slog.Default())
	if config.Clock == nil {
		config.Clock = time.Now
	}
	config.RequestTimeout = cmp.Or(config.RequestTimeout, 2*time.Second)
	config.ReadTimeout = cmp.Or(config.ReadTimeout, 10*time.Second)
	config.WriteTimeout = cmp.Or(config.WriteTimeout, 10*time.Second)
	config.IdleTimeout = cmp.Or(config.IdleTimeout, 60*time.Second)
	config.BodyLimit = cmp.Or(config.BodyLimit, 256<<10)
	return config
}

// App is the Fiber application, for tests.
func (s *Server) App() *fiber.App { return s.app }

// Contract is what the server promises.
func (s *Server) Contract() *contract.Contract { return s.contract }

// Listen serves plain HTTP on addr ("127.0.0.1:8080") until Shutdown; TLS ends at the proxy in front.
func (s *Server) Listen(addr string) error {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("web: listen on %s: %w", addr, err)
	}
	return s.Serve(ln)
}

// Serve serves plain HTTP on ln until Shutdown, and then returns nil. It closes ln.
func (s *Server) Serve(ln net.Listener) error { return s.app.Listener(quietListener{ln}) }

// Drain makes /health/ready answer 503, so that no new caller is sent here. Requests are still served.
func (s *Server) Drain() { s.health.draining.Store(true) }

// Shutdown drains, ends the open streams, takes no new connection and waits for the running requests. When ctx ends first their contexts end too, so that they
// answer "unavailable" instead of holding the process, and ctx's error is returned.
func (s *Server) Shutdown(ctx context.Context) error {
	s.Drain()
	defer s.stop()
	if s.config.Streams != nil {
		s.config.Streams.Close()
	}
	return s.app.ShutdownWithContext(ctx)
}
