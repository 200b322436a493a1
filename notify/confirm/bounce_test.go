package confirm_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/notify/confirm"
)

// A report is about the delivery whose token it carries, however its letters were changed in case, and about nothing when anything else was changed.
func TestBounceToken(t *testing.T) {
	t.Parallel()
	signer, err := confirm.New(bytes.Repeat([]byte{1}, 32))
	if err != nil {
		t.Fatal(err)
	}
	other, err := confirm.New(bytes.Repeat([]byte{2}, 32))
	if err != nil {
		t.Fatal(err)
	}
	delivery := uuid.New()
	token := signer.BounceToken(delivery)
	for _, text := range []string{token, strings.ToUpper(token)} {
		if got, err := signer.ReadBounce(text); err != nil || got != delivery {
			t.Errorf("ReadBounce(%s) = %s, %v", text, got, err)
		}
	}
	if len("bounces-of-the-town")+1+len(token) > 64 {
		t.Errorf("%d characters leave no room in the local part of an address", len(token))
	}
	if _, err := other.ReadBounce(token); !errors.Is(err, confirm.ErrInvalid) {
		t.Errorf("under another key: %v", err)
	}
	for i := range token[:len(token)-1] { // the last character has bits that mean nothing
		changed := []byte(token)
		if changed[i] = 'a'; token[i] == 'a' {
			changed[i] = 'b'
		}
		if _, err := signer.ReadBounce(string(changed)); !errors.Is(err, confirm.ErrInvalid) {
			t.Fatalf("with character %d changed: %v", i, err)
		}
	}
	for name, bad := range map[string]string{"nothing": "", "cut": token[:20], "longer": token + "a", "an id": delivery.String(), "huge": strings.Repeat("a", 1<<20)} {
		if _, err := signer.ReadBounce(bad); !errors.Is(err, confirm.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
