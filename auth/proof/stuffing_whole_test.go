//go:build stuffing

package proof_test

import (
	"time"

	"budstikke.example/auth/password"
)

// stuffing is the whole attack of P10, with the hash that people's passwords have: go test -tags stuffing ./auth/proof -run TestStuffing -v
var stuffing = attack{
	pairs: 10_000, addresses: 1_000, clients: 16, timed: 250, hasher: password.Config{}, gap: 5 * time.Millisecond, rate: 50,
}
