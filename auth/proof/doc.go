// Package proof is how somebody proves who they are: with Swedish BankID, or with a password and a second factor. Each way ends in a callback
// that runs in a transaction of the scope scope.SignIn, in which the caller starts a session (store.StartSession) or whatever else follows;
// the proof is used up by the same commit, and an error of the callback leaves it as it was.
//
// It may open Postgres, through scope, and BankID, through a bankid.Client. No transaction is open while BankID is asked or a password is
// hashed, so that neither can keep the database's connections. Start reading at BankID and Password.
package proof
