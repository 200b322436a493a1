package seal

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"

	"github.com/google/uuid"
)

// Digest is a blind index made under one version of the index key.
type Digest struct {
	Version KeyVersion
	Sum     []byte // 32 bytes
}

// Index makes the blind index of a value under the current index key: equal values of one purpose in one municipality give equal digests,
// and without the key nothing can be learnt from them. canonical must be the one spelling of the value: an identity number without
// separators, a user name in lower case. purpose keeps apart what must not be compared ("national_id", "attempt").
func (k *Keyring) Index(purpose string, municipality uuid.UUID, canonical string) (digest []byte, version KeyVersion) {
	version = k.rings().index.Current()
	return k.indexAt(version, purpose, municipality, canonical), version
}

// IndexVersions makes the blind index under every version there is a key for, the current one first. A look-up tries them all while the
// stored ones are being renewed.
func (k *Keyring) IndexVersions(purpose string, municipality uuid.UUID, canonical string) []Digest {
	versions := k.rings().index.Versions()
	digests := make([]Digest, len(versions))
	for i, version := range versions {
		digests[i] = Digest{Version: version, Sum: k.indexAt(version, purpose, municipality, canonical)}
	}
	return digests
}

// indexAt derives the municipality's key with HKDF-SHA256 and authenticates purpose and value with it.
func (k *Keyring) indexAt(version KeyVersion, purpose string, municipality uuid.UUID, canonical string) []byte {
	master := k.rings().index.set().keys[version]
	key, err := hkdf.Key(sha256.New, master[:], municipality[:], "budstikke blind index", sha256.Size)
	if err != nil {
		panic("seal: " + err.Error()) // only for a length that HKDF cannot give
	}
	mac := hmac.New(sha256.New, key)
	var length [4]byte
	binary.BigEndian.PutUint32(length[:], uint32(len(purpose)))
	mac.Write(length[:])
	mac.Write([]byte(purpose))
	mac.Write([]byte(canonical))
	return mac.Sum(nil)
}
