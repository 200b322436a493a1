package password

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
)

const (
	saltSize = 16
	sumSize  = 32
	// maxMemory bounds what a stored hash may ask for, in KiB: a row that somebody tampered with must not empty the machine.
	maxMemory = 256 * 1024
	maxPasses = 16
)

type params struct {
	memory uint32 // KiB
	passes uint32
	lanes  uint8
}

// phc is a hash in the PHC string format: $argon2id$v=19$m=19456,t=2,p=1$salt$sum.
type phc struct {
	params
	salt, sum []byte
}

// String writes the PHC form.
func (p phc) String() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.memory, p.passes, p.lanes,
		base64.RawStdEncoding.EncodeToString(p.salt), base64.RawStdEncoding.EncodeToString(p.sum))
}

func parsePHC(text string) (phc, error) {
	parts := strings.Split(text, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != "v="+strconv.Itoa(argon2.Version) {
		return phc{}, ErrHash
	}
	costs := strings.Split(parts[3], ",")
	if len(costs) != 3 {
		return phc{}, ErrHash
	}
	memory, err1 := cost(costs[0], "m=", maxMemory)
	passes, err2 := cost(costs[1], "t=", maxPasses)
	lanes, err3 := cost(costs[2], "p=", 16)
	salt, err4 := base64.RawStdEncoding.Strict().DecodeString(parts[4])
	sum, err5 := base64.RawStdEncoding.Strict().DecodeString(parts[5])
	for _, err := range []error{err1, err2, err3, err4, err5} {
		if err != nil {
			return phc{}, ErrHash
		}
	}
	if len(salt) < 8 || len(sum) != sumSize {
		return phc{}, ErrHash
	}
	return phc{params: params{memory: memory, passes: passes, lanes: uint8(lanes)}, salt: salt, sum: sum}, nil
}

func cost(text, name string, most uint64) (uint32, error) {
	digits, ok := strings.CutPrefix(text, name)
	if !ok {
		return 0, ErrHash
	}
	n, err := strconv.ParseUint(digits, 10, 32)
	if err != nil || n < 1 || n > most {
		return 0, ErrHash
	}
	return uint32(n), nil
}
