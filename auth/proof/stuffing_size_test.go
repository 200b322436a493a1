//go:build !stuffing

package proof_test

import "budstikke.example/auth/password"

// stuffing is the attack of make test: the same as the whole one, smaller and with a cheap hash.
var stuffing = attack{pairs: 300, addresses: 30, clients: 8, timed: 20, hasher: password.Config{Memory: 64, Passes: 1}, rate: 50}
