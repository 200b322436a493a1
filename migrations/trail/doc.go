// Package trail is the audit trail (B5): who looked at what and who decided what, in a chain of hashes per municipality that can be added to and
// never changed.
//
// An act leaves its entry in the transaction that it happens in: Act.Leave queues it to go with the commit. What was refused is counted by
// Refuse. Verify recomputes a chain by itself, without a function of the database's, and names the first entry that is wrong; anchors, kept
// outside Postgres, show what was cut off or written anew as a whole. The package opens Postgres through migrations/scope and knows no noun.
// A month whose time is over is dropped as a whole by migrations/months, which seals the end of each chain in it; Verify goes on from the last seal.
// Start reading at act.go, then verify.go. The tables are in migrations/0012_audit.sql.
package trail
