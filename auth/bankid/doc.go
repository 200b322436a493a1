// Package bankid is a client of Swedish BankID's relying-party interface, version 6.0: begin an identification, collect its outcome, cancel
// it, and draw the animated QR code. It also holds what to tell the person at every step, in five languages.
//
// It may open HTTPS connections to BankID, with a client certificate and trusting BankID's own root only. It never logs, and its types print
// personal numbers and signatures as stars. Start reading at Client; the words are in guidance.go.
//
// Source: the interface as BankID documents it for version 6.0. Codes that BankID may add are tolerated everywhere.
package bankid
