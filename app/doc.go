// Package app is the vocabulary of Budstikke: the nouns and their rules. No input or output, no context, no clock of its own; time is
// passed in. It may open nothing but the standard library and uuid.
//
// Where what is:
//
//	app/                 the nouns and their rules; faults (start here: absence.go shows the shape)
//	app/guardian         what a guardian may do, one method per operation of openapi.yaml
//	app/staff            what staff do during the day
//	app/office           what heads and owners decide
//	app/signin           before anybody is known
//	app/machine          what other machines tell us
//	app/postgres         the nouns' tables; handles that are scoped to the caller
//	app/web              the rim: HTTP, validation against the contract, problems
//	app/sensitive        the sensitive-text guide
//	app/nationalid       Nordic identity numbers
//	app/register         importers
//
// A guardian, staff and so on are rooms: they never open each other's doors. A rule that two of them need lives here, SQL that two of them
// need lives in app/postgres.
package app
