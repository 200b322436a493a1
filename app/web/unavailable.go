package web

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
)

// sqlState is what the database's errors have; the rim sees no more of the database than that.
type sqlState interface {
	error
	SQLState() string
}

// unavailable tells whether an error means "not at this moment": time ran out, a connection could not be had or broke, or the database
// refused for the sake of others. The same request may succeed when it is sent again; a write whose commit nobody answered may have been done, and its
// repetition is told so (B6). ended is why the request's context has ended, nil if it has not.
func unavailable(err, ended error) bool {
	var state sqlState
	var network net.Error
	var caught *panicked
	switch {
	case errors.As(err, &caught):
		return false
	case errors.As(err, &state):
		return passing(state.SQLState())
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return true
	case errors.As(err, &network), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed),
		errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return true
	case strings.Contains(err.Error(), "conn closed"), strings.Contains(err.Error(), "closed pool"), strings.Contains(err.Error(), "read only connection"):
		return true // the driver has no exported error for a connection that broke between two statements, nor for a server that cannot be written to
	}
	return ended != nil
}

// passing tells whether an SQLSTATE is about the moment and not about the statement (PostgreSQL, appendix A).
func passing(state string) bool {
	switch state {
	case "40001", // serialization_failure
		"40P01", // deadlock_detected
		"55P03", // lock_not_available: lock_timeout
		"57014", // query_canceled: statement_timeout, or our own deadline
		"25P03", // idle_in_transaction_session_timeout
		"25006": // read_only_sql_transaction: a standby, in the middle of a failover
		return true
	}
	// connection_exception, insufficient_resources, operator_intervention
	return strings.HasPrefix(state, "08") || strings.HasPrefix(state, "53") || strings.HasPrefix(state, "57P")
}

// plain is an error's text for the log. What the database says may quote a value ("invalid input syntax for type …"), so of its words only the
// SQLSTATE is left; the words of our own around it stay (P8).
func plain(err error) string {
	text := err.Error()
	var state sqlState
	if errors.As(err, &state) {
		text = strings.ReplaceAll(text, state.Error(), "SQLSTATE "+state.SQLState())
	}
	return text
}
