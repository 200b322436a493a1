// Package scope is the one door between the program and Postgres. Nothing else touches the connection pool.
//
// A transaction is opened for a Scope: a credential to be proven (a session token), or a scope the program itself may take (sign-in, an
// import, a provider's callback). Opening it costs no round trip of its own: BEGIN, the proof, the setting of the scope and the first
// query leave in one batch. From there row-level security shows what that person may see, whatever a query forgets to ask for.
//
// It may open Postgres and knows no noun. Start reading at scope.go.
package scope
