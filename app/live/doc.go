// Package live keeps the open streams of a process: who listens, what they have been told, and when a stream has to end (V15).
//
// A stream remembers no access. One question to Postgres, several times a second while anybody listens, says of every stream at once whether
// its credential still opens anything, whether what it opens has changed, and what is new; what cannot be asked ends. So a stream ends within
// two seconds of the commit that ends the access behind it, on every process, also behind a pooler that LISTEN does not go through.
//
// It may open app for its faults and app/postgres for the question; it knows nothing of HTTP. Start reading at hub.go.
package live
