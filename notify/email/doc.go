// Package email sends notices by SMTP.
//
// A Sender keeps a few connections open, because servers limit how fast one may sign in, and uses each for a bounded number of mails,
// because servers cut long sessions with 421. The Message-ID is made from the delivery's id, so that a mail sent twice after a lost answer
// is one mail to whoever looks. Only the words that render made go into a mail (B1); nothing that comes from outside can add a header.
//
// The package opens connections to Config.Host and nothing else. Start reading at sender.go; message.go builds the mail (pure), outcome.go
// tells what a server's reply means (pure), session.go is one connection, pool.go keeps them.
package email
