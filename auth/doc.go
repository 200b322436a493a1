// Package auth says who is calling: the tokens that stand for a session, and the scope that a token opens.
//
// A token is opaque: a municipality and 256 random bits. The database keeps its digest only, and proves it in the same batch as the first
// query of a request (see migrations/scope), so nothing here asks a database. The rooms call Guardian, Staff, Applicant or Anybody with the
// context of the request and get the scope to query under.
//
// Its sub-packages: password and totp check what somebody knows and has; letter makes the codes of activation letters; bankid speaks Swedish
// BankID; store keeps accounts, sessions,
// orders and attempts, and is the only one that sees SQL; proof puts them together into the two ways of signing in.
//
// The package may open nothing. Start reading at token.go.
package auth
