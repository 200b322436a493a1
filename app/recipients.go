package app

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"slices"

	"github.com/google/uuid"
)

// Recipients are the people whom something goes to, each once.
type Recipients []uuid.UUID

// RecipientsChanged is how many people somebody was shown as recipients, and how many there are now. The two can be the same number of other people.
type RecipientsChanged struct {
	Previewed, Now int
}

const recipientsDigest = 26 // bytes, so that a mark has 40 letters

// Mark is what stands for exactly these people at this institution, in 40 letters: their number and a digest. The order does not matter. It names
// nobody, and cannot be turned back.
func (r Recipients) Mark(institution uuid.UUID) string {
	sorted := slices.Clone(r)
	slices.SortFunc(sorted, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	sorted = slices.Compact(sorted)
	hash := sha256.New()
	hash.Write([]byte("recipients\x00"))
	hash.Write(institution[:])
	for _, id := range sorted {
		hash.Write(id[:])
	}
	mark := binary.BigEndian.AppendUint32(nil, uint32(len(sorted))) //nolint:gosec // nobody has four thousand million guardians
	return base64.RawURLEncoding.EncodeToString(append(mark, hash.Sum(nil)[:recipientsDigest]...))
}

// Are makes sure that these are the people whom somebody was shown (B9): expected is the mark of those. "" expects nobody in particular. Fault:
// recipients_changed, with the numbers; a mark that nobody made has a number too, and is of other people.
func (r Recipients) Are(institution uuid.UUID, expected string) error {
	now := r.Mark(institution)
	if expected == "" || expected == now {
		return nil
	}
	return &Fault{
		Kind: Conflict, Code: "recipients_changed", Detail: "It would go to other people than you were shown. Nothing was sent: look again, then send.",
		Recipients: &RecipientsChanged{Previewed: counted(expected), Now: counted(now)},
	}
}

func counted(mark string) int {
	raw, err := base64.RawURLEncoding.DecodeString(mark)
	if err != nil || len(raw) < 4 {
		return 0
	}
	return int(binary.BigEndian.Uint32(raw))
}
