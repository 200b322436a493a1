package bankid

import (
	"errors"
	"fmt"
	"net/http"
)

// Status is how an order stands.
type Status string

// The statuses.
const (
	Pending  Status = "pending"
	Failed   Status = "failed"
	Complete Status = "complete"
)

// Hint says why an order is pending or has failed. BankID may add hints; treat an unknown one by the status alone.
type Hint string

// Hints of pending orders.
const (
	OutstandingTransaction Hint = "outstandingTransaction" // the app was not started yet
	NoClient               Hint = "noClient"               // the order has not reached the app yet
	Started                Hint = "started"                // the app runs, and has no usable BankID yet
	UserMRTD               Hint = "userMrtd"               // the person is to show an identity document
	UserCallConfirm        Hint = "userCallConfirm"        // the person is to confirm a call
	UserSign               Hint = "userSign"               // the app waits for the security code
	Processing             Hint = "processing"
	// ReturnExpected is our own: it is signed, and the way back into the app or browser that began has yet to be taken.
	ReturnExpected Hint = "returnExpected"
)

// Hints of failed orders.
const (
	ExpiredTransaction     Hint = "expiredTransaction"
	CertificateErr         Hint = "certificateErr" // wrong code too often, or a revoked BankID
	UserCancel             Hint = "userCancel"
	Cancelled              Hint = "cancelled"   // a new order took this one's place
	StartFailed            Hint = "startFailed" // the app was not started in time: begin a new order
	UserDeclinedCall       Hint = "userDeclinedCall"
	NotSupportedByUserApp  Hint = "notSupportedByUserApp"
	TransactionRiskBlocked Hint = "transactionRiskBlocked"
	// WrongReturn is our own: the way back led to somebody who did not begin.
	WrongReturn Hint = "wrongReturn"
)

// ErrorCode is BankID's word for why a call was refused. BankID may add codes.
type ErrorCode string

// The error codes.
const (
	AlreadyInProgress    ErrorCode = "alreadyInProgress" // BankID has cancelled the earlier order too
	InvalidParameters    ErrorCode = "invalidParameters" // also for an order that is unknown or over
	Unauthorized         ErrorCode = "unauthorized"      // the client certificate is not accepted
	NotFound             ErrorCode = "notFound"
	MethodNotAllowed     ErrorCode = "methodNotAllowed"
	RequestTimeout       ErrorCode = "requestTimeout"
	UnsupportedMediaType ErrorCode = "unsupportedMediaType"
	InternalError        ErrorCode = "internalError"
	Maintenance          ErrorCode = "maintenance"
	// BadAnswer is our own: an answer that is not one of BankID's.
	BadAnswer ErrorCode = "badAnswer"
)

// ErrNoAnswer is a call that BankID did not answer, or not to the end: whether it was carried out is not known.
var ErrNoAnswer = errors.New("no answer")

// Error is a refusal.
type Error struct {
	Status int // HTTP status
	Code   ErrorCode
	// Details is BankID's explanation in English, for developers. It is not part of Error(), because it can repeat what was sent.
	Details string
}

// Error names the code and the status.
func (e *Error) Error() string {
	return fmt.Sprintf("bankid: refused with %s (HTTP %d)", e.Code, e.Status)
}

// Temporary tells whether the same call may succeed later without anybody changing anything.
func (e *Error) Temporary() bool {
	switch e.Code {
	case RequestTimeout, InternalError, Maintenance:
		return true
	}
	return e.Status >= http.StatusInternalServerError || e.Status == http.StatusTooManyRequests
}

func codeOfStatus(status int) ErrorCode {
	switch status {
	case http.StatusBadRequest:
		return InvalidParameters
	case http.StatusUnauthorized, http.StatusForbidden:
		return Unauthorized
	case http.StatusNotFound:
		return NotFound
	case http.StatusMethodNotAllowed:
		return MethodNotAllowed
	case http.StatusRequestTimeout:
		return RequestTimeout
	case http.StatusUnsupportedMediaType:
		return UnsupportedMediaType
	case http.StatusServiceUnavailable:
		return Maintenance
	}
	if status >= http.StatusInternalServerError {
		return InternalError
	}
	return BadAnswer
}
