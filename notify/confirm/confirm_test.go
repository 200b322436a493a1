package confirm_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/notify/confirm"
)

// H3: only the token that was mailed confirms an address, and only while it holds.
func TestTokenConfirmsItsEndpointUntilItExpires(t *testing.T) {
	t.Parallel()
	signer, err := confirm.New(bytes.Repeat([]byte{1}, 32))
	if err != nil {
		t.Fatal(err)
	}
	other, err := confirm.New(bytes.Repeat([]byte{2}, 32))
	if err != nil {
		t.Fatal(err)
	}
	municipality, endpoint := uuid.New(), uuid.New()
	now := time.Date(2026, 11, 23, 7, 30, 0, 0, time.UTC)
	token := signer.Token(municipality, endpoint, now.Add(time.Hour))

	m, e, err := signer.Read(token, now)
	if err != nil || m != municipality || e != endpoint {
		t.Fatalf("Read = %s, %s, %v", m, e, err)
	}
	if _, _, err := signer.Read(" "+token+"\n", now); err != nil {
		t.Errorf("pasted with white space: %v", err)
	}
	if _, _, err := signer.Read(token, now.Add(2*time.Hour)); !errors.Is(err, confirm.ErrExpired) {
		t.Errorf("two hours later: %v, want ErrExpired", err)
	}
	for i := range token {
		changed := []byte(token)
		if changed[i] == 'A' {
			changed[i] = 'B'
		} else {
			changed[i] = 'A'
		}
		if _, _, err := signer.Read(string(changed), now); !errors.Is(err, confirm.ErrInvalid) {
			t.Fatalf("with character %d changed: %v, want ErrInvalid", i, err)
		}
	}
	for name, bad := range map[string]string{
		"broken into lines": token[:20] + "\n" + token[20:], "broken by a carriage return": token[:20] + "\r" + token[20:],
		"nothing": "", "prefix only": confirm.Prefix, "cut": token[:len(token)-4], "longer": token + "AAAA", "huge": confirm.Prefix + strings.Repeat("A", 1<<20),
	} {
		if _, _, err := signer.Read(bad, now); !errors.Is(err, confirm.ErrInvalid) {
			t.Errorf("%s: %v, want ErrInvalid", name, err)
		}
	}
	if _, _, err := other.Read(token, now); !errors.Is(err, confirm.ErrInvalid) {
		t.Errorf("under another key: %v, want ErrInvalid", err)
	}
	if _, err := confirm.New(make([]byte, 31)); err == nil {
		t.Error("a short key was accepted")
	}
}

// A token for one purpose is none for the other, and an unsubscribe token works as long as the mail exists.
func TestUnsubscribeToken(t *testing.T) {
	t.Parallel()
	signer, err := confirm.New(bytes.Repeat([]byte{1}, 32))
	if err != nil {
		t.Fatal(err)
	}
	municipality, endpoint := uuid.New(), uuid.New()
	token := signer.UnsubscribeToken(municipality, endpoint)
	m, e, err := signer.ReadUnsubscribe(token)
	if err != nil || m != municipality || e != endpoint {
		t.Fatalf("ReadUnsubscribe = %s, %s, %v", m, e, err)
	}
	if _, _, err := signer.Read(token, time.Now()); !errors.Is(err, confirm.ErrInvalid) {
		t.Errorf("it confirms: %v", err)
	}
	confirming := signer.Token(municipality, endpoint, time.Now().Add(time.Hour))
	if _, _, err := signer.ReadUnsubscribe(confirming); !errors.Is(err, confirm.ErrInvalid) {
		t.Errorf("a confirmation unsubscribes: %v", err)
	}
	if _, _, err := signer.ReadUnsubscribe(token[:len(token)-1] + "A"); err == nil && token[len(token)-1] != 'A' {
		t.Error("a changed token unsubscribes")
	}
}
