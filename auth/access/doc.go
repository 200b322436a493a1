// Package access decides who may do what. It is one pure function, Decide, and the list of what every operation of the contract asks of its
// caller. The facts it decides by come from the database, in the transaction that the decision lets in or refuses (V15); the same facts and the
// same function explain a decision (B9).
//
// It opens nothing and imports nothing of ours. Row-level security keeps the same rule a second time, without asking here: either of the two
// alone refuses what must be refused. Start reading at decide.go, then operations_guardian.go.
package access
