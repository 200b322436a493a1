package postgres

import (
	"github.com/google/uuid"

	"budstikke.example/app/nationalid"
	"budstikke.example/migrations/seal"
)

// identityPurpose separates the blind index of identity numbers from other indexes under the same key.
const identityPurpose = "national_id"

// canonical names an identity number across countries: the same digits can belong to two people in two countries.
func canonical(n nationalid.Number) string { return string(n.Country()) + ":" + n.Digits() }

// IdentityIndex is how a number is found without being stored in clear: its blind index under every version of the index key (P15).
func IdentityIndex(keys *seal.Keyring, municipality uuid.UUID, n nationalid.Number) []seal.Digest {
	return keys.IndexVersions(identityPurpose, municipality, canonical(n))
}
