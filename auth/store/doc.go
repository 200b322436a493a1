// Package store keeps accounts, sessions, BankID orders, passwords and attempts in the schema auth. It is the only package of auth that sees
// SQL; the queries stand in queries/ and internal/db is generated from them.
//
// Every function takes a transaction of migrations/scope and says which caller's scope it works in; under another scope row-level security
// shows and takes nothing. What a stolen table would give away is not in it: tokens and holder secrets are kept as digests, passwords as
// Argon2id hashes, the secrets of second factors sealed, and what is being guessed at as a keyed digest.
//
// Start reading at sessions.go.
package store

//go:generate sqlc generate
