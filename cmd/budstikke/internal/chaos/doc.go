// Package chaos is the crash suite: it runs Budstikke as a municipality does, two API processes, two workers, PostgreSQL with fsync, Redis and
// the providers, each a process of its own, breaks them while clients use the API, and then counts at the providers whether everything that
// was accepted has arrived (B3).
//
// Which fault comes when, how long it lasts and whom it meets follows from a seed alone (plan_test.go). The clients keep a ledger of what was accepted
// (load_test.go); after an answer that says nothing (a timeout, a 503, a connection that broke) they repeat with the same Idempotency-Key, as
// an app does. What arrived is what the provider sandbox has in its journal, which nothing kills (tally_test.go); the database is not asked.
//
// `make test` runs a short form that asserts what must hold on any machine; `make chaos` runs the whole and judges its figures (judge_test.go).
// docs/chaos.md explains both. Start reading at chaos_test.go.
package chaos
