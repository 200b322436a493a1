package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
)

// Keyring seals, opens and indexes. It is safe for concurrent use.
type Keyring struct {
	rings func() *rings // behind a function, for the reason given at Keys
}

type rings struct {
	sealing Keys
	index   Keys
	aeads   map[KeyVersion]cipher.AEAD
}

// Errors of sealing and opening.
var (
	// ErrUnknownKey means that a value was made with a version that this process has no key for: give it the missing version.
	ErrUnknownKey = errors.New("seal: no key of this version")
	// ErrNotAuthentic means that a sealed value does not open: it was changed, belongs to another row, or was made with another key of the
	// same version.
	ErrNotAuthentic = errors.New("seal: the sealed value is not authentic for this row")
	// ErrUnbound means that Seal or Open was called without saying which row the value belongs to.
	ErrUnbound = errors.New("seal: say which row the value belongs to: municipality, table, column, row")
)

// formatGCM is the first byte of every sealed value: AES-256-GCM, 12 bytes of random nonce, ciphertext, tag.
const formatGCM = 1

// New makes a keyring from the keys that seal and the keys that the blind index is made with. They must not share a key.
func New(sealing, index Keys) (*Keyring, error) {
	if sealing.set == nil || index.set == nil {
		return nil, fmt.Errorf("seal: %w: both the sealing keys and the index keys are needed", ErrKeys)
	}
	r := &rings{sealing: sealing, index: index, aeads: map[KeyVersion]cipher.AEAD{}}
	for version, key := range sealing.set().keys {
		for _, other := range index.set().keys {
			if key == other {
				return nil, fmt.Errorf("seal: %w: sealing version %d is also used for the index; make a key of its own", ErrKeys, version)
			}
		}
		block, err := aes.NewCipher(key[:])
		if err != nil {
			return nil, fmt.Errorf("seal: %w", err)
		}
		if r.aeads[version], err = cipher.NewGCM(block); err != nil {
			return nil, fmt.Errorf("seal: %w", err)
		}
	}
	return &Keyring{rings: func() *rings { return r }}, nil
}

// Parse makes a keyring from two lists of keys in the form that ParseKeys reads.
func Parse(sealing, index string) (*Keyring, error) {
	s, err := ParseKeys(sealing)
	if err != nil {
		return nil, fmt.Errorf("sealing keys: %w", err)
	}
	i, err := ParseKeys(index)
	if err != nil {
		return nil, fmt.Errorf("index keys: %w", err)
	}
	return New(s, i)
}

// Seal encrypts plain under the current key and binds it to ad: municipality id, table, column, row id. It returns the version to store
// beside it. The nonce is random: change the key before it has sealed 2³² values.
func (k *Keyring) Seal(plain []byte, ad ...string) (sealed []byte, version KeyVersion, err error) {
	version = k.rings().sealing.Current()
	bound, err := binding(version, ad)
	if err != nil {
		return nil, 0, err
	}
	aead := k.rings().aeads[version]
	sealed = make([]byte, 1+aead.NonceSize(), 1+aead.NonceSize()+len(plain)+aead.Overhead())
	sealed[0] = formatGCM
	nonce := sealed[1:]
	_, _ = rand.Read(nonce) // never fails: crypto/rand ends the program instead
	return aead.Seal(sealed, nonce, plain, bound), version, nil
}

// Open decrypts what Seal made. ad must be the same as it was there. Errors: ErrUnknownKey, ErrNotAuthentic, ErrUnbound.
func (k *Keyring) Open(sealed []byte, version KeyVersion, ad ...string) ([]byte, error) {
	aead, ok := k.rings().aeads[version]
	if !ok {
		return nil, fmt.Errorf("%w: sealing version %d", ErrUnknownKey, version)
	}
	bound, err := binding(version, ad)
	if err != nil {
		return nil, err
	}
	if len(sealed) < 1+aead.NonceSize()+aead.Overhead() || sealed[0] != formatGCM {
		return nil, ErrNotAuthentic
	}
	nonce, text := sealed[1:1+aead.NonceSize()], sealed[1+aead.NonceSize():]
	plain, err := aead.Open(nil, nonce, text, bound)
	if err != nil {
		return nil, ErrNotAuthentic
	}
	return plain, nil
}

// Current returns the version that Seal uses now. A value with another one is due to be sealed again.
func (k *Keyring) Current() KeyVersion { return k.rings().sealing.Current() }

// binding joins the associated data so that no two lists give the same bytes: the format, the key's version, then each part with its length.
func binding(version KeyVersion, ad []string) ([]byte, error) {
	if len(ad) == 0 {
		return nil, ErrUnbound
	}
	bound := []byte{formatGCM}
	bound = binary.BigEndian.AppendUint16(bound, uint16(version))
	for _, part := range ad {
		if part == "" {
			return nil, ErrUnbound
		}
		bound = binary.BigEndian.AppendUint32(bound, uint32(len(part)))
		bound = append(bound, part...)
	}
	return bound, nil
}
