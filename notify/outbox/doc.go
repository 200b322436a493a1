// Package outbox keeps the promises of the gateway in Postgres: events, endpoints, deliveries and the attempts at them, and the parcels in which what
// is still to be done travels.
//
// It has two sides. The API side works inside the caller's scoped transaction, so that an event and its deliveries are committed together
// with what caused them: Announce, Raise and AskToConfirm (announce.go), endpoints (endpoint.go), in-app notices (notice.go), receipts
// (receipt.go) and progress (progress.go). The worker side is Outbox (outbox.go): claim, settle, reconcile, on a pool of its own.
//
// Nothing is sent from here. A delivery leaves only after a claim, and the claim asks the access rule of the database again (V15).
//
// It may open Postgres and nothing else. Start reading at announce.go, then claim.go and settle.go. Queries live in queries/*.sql; internal/db is
// generated from them by sqlc; announcing, claiming and settling are functions of the database (migrations 0097 and 0098).
package outbox

//go:generate sqlc generate
