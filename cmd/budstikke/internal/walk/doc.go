// Package walk holds only tests: they walk every operation of openapi.yaml through the assembled API on a real Postgres, as everybody who could
// call it, and hold the answers against the contract (P1, P7, P8, P24 of the security notes).
//
// The walk takes its operations from the embedded contract, so that an operation without a row in its table fails the build. Nothing imports
// this package. Start reading at walk_test.go and the table in table_test.go; the people are in town_test.go.
package walk
