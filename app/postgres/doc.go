// Package postgres holds the tables of the nouns. Whoever wants something from them takes a handle that is scoped to the caller: a Family
// for a guardian, an Institution for staff, an Office for heads, a Visitor for somebody who is not known yet, a Callback for a machine.
// A handle has only the questions that its caller may ask, and row-level security keeps every one of them to what that caller may see.
//
// It may open Postgres (through migrations/scope) and the gateway's outbox, so that an event is written in the commit that makes it happen.
// Start reading at write.go and family.go; the SQL is in queries.
package postgres

//go:generate sqlc generate

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"budstikke.example/migrations/scope"
	"budstikke.example/migrations/seal"
	"budstikke.example/notify/outbox"
)

// ringTimeout bounds how long a rung bell may take. Nobody waits for it: what it would have announced is found without it too.
const ringTimeout = 5 * time.Second

// DB gives out handles.
type DB struct {
	scope *scope.DB
	ring  func(ctx context.Context, refs []outbox.Ref) error
	log   *slog.Logger
	keys  *seal.Keyring // nil in a process that neither writes nor reads notes

	forewarn func(context.Context) error // nil: nobody is told that an alert is being written
}

// New returns a DB. It opens no transaction that nobody has decided about: the context names the operation (auth.WithOperation), or says that
// a program works by itself (scope.ByProgram). ring tells the gateway which deliveries were committed; nil rings nothing, and the gateway finds them by itself.
func New(db *scope.DB, ring func(ctx context.Context, refs []outbox.Ref) error, log *slog.Logger) *DB {
	return &DB{scope: db.Gated(), ring: ring, log: log}
}

// WithForewarning returns a DB that lets the gateway know when an alert is about to be written, so that it makes room (B14); nil tells nobody.
func (db *DB) WithForewarning(forewarn func(ctx context.Context) error) *DB {
	with := *db
	with.forewarn = forewarn
	return &with
}

// tx is what the transactions of every handle have in common.
type tx struct {
	*scope.Tx
	announced *[]outbox.Ref
	about     *about
	keys      *seal.Keyring
}

// announce notes deliveries, to ring the bell for after the commit.
func (t tx) announce(a outbox.Announced, err error) error {
	if err == nil {
		*t.announced = append(*t.announced, a.Refs...)
	}
	return err
}

// committed rings the bell.
func (db *DB) committed(ctx context.Context, refs []outbox.Ref) {
	if db.ring == nil || len(refs) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), ringTimeout)
	go func() {
		defer cancel()
		var span trace.Span
		if parent := trace.SpanFromContext(ctx); parent.SpanContext().IsSampled() {
			_, span = parent.TracerProvider().Tracer("budstikke.example/app/postgres").Start(ctx, "ring",
				trace.WithSpanKind(trace.SpanKindProducer), trace.WithAttributes(attribute.Int("budstikke.parcels", len(refs))))
			defer span.End()
		}
		if err := db.ring(ctx, refs); err != nil {
			if span != nil {
				span.SetStatus(codes.Error, "not heard")
			}
			db.log.WarnContext(ctx, "the bell was not heard; the gateway will find the deliveries by itself", "deliveries", len(refs), "error", err)
		}
	}()
}

func fullName(given, family string) string { return strings.TrimSpace(given + " " + family) }

// Now returns the present time, as transactions see it.
func (db *DB) Now() time.Time { return db.scope.Now() }
