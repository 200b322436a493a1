// Package web is the rim: the one door of the API, and the only hand-written code that sees Fiber. Behind it are the rooms, which know nothing
// of HTTP.
//
// The way of a request, each step a file:
//
//	request.go      a number, a deadline, the headers of every answer, the line in the log, and what happens to a panic
//	guard.go        nobody without a session comes further; a machine's request is signed
//	contract.go     the request is held against openapi.yaml (the rules themselves are in the package contract below)
//	idempotency.go  a write gets what makes it harmless to repeat (B6)
//	…               the generated code hands it to the room
//	problem.go      an error becomes a problem document; the only file that knows statuses
//
// Beside that: health.go for whoever keeps the process running, docs.go for whoever wants to call it. The package may open the rooms, auth
// and app/postgres for their contexts and errors, never a database. Start reading at server.go.
package web
