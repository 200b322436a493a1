package sensitive_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"budstikke.example/app/sensitive"
)

func TestAcknowledgement(t *testing.T) {
	t.Parallel()
	a, err := sensitive.NewAcknowledger(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	other, err := sensitive.NewAcknowledger(bytes.Repeat([]byte{8}, 32))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2025, time.November, 3, 7, 30, 0, 0, time.UTC)
	const text, subject = "Han har epilepsi", "person-1/child-2"
	token := a.Token(text, subject, now)
	changed := []byte(token)
	changed[12] ^= 1
	later := []byte(token)
	later[9] ^= 1 // inside the expiry
	tests := []struct {
		name                 string
		by                   *sensitive.Acknowledger
		token, text, subject string
		at                   time.Time
		want                 error
	}{
		{"at once", a, token, text, subject, now, nil},
		{"just in time", a, token, text, subject, now.Add(10*time.Minute - time.Second), nil},
		{"too late", a, token, text, subject, now.Add(10 * time.Minute), sensitive.ErrAcknowledgementExpired},
		{"other text", a, token, text + ".", subject, now, sensitive.ErrAcknowledgementMismatch},
		{"other subject", a, token, text, "person-1/child-3", now, sensitive.ErrAcknowledgementMismatch},
		{"other text and too late", a, token, "x", subject, now.Add(time.Hour), sensitive.ErrAcknowledgementMismatch},
		{"other key", other, token, text, subject, now, sensitive.ErrAcknowledgementMismatch},
		{"changed", a, string(changed), text, subject, now, sensitive.ErrAcknowledgementMismatch},
		{"life prolonged", a, string(later), text, subject, now, sensitive.ErrAcknowledgementMismatch},
		{"empty", a, "", text, subject, now, sensitive.ErrAcknowledgementMismatch},
		{"not base64", a, "%%%", text, subject, now, sensitive.ErrAcknowledgementMismatch},
		{"cut", a, token[:len(token)-4], text, subject, now, sensitive.ErrAcknowledgementMismatch},
		{"moved between text and subject", a, a.Token("ab", "c", now), "a", "bc", now, sensitive.ErrAcknowledgementMismatch},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if err := tt.by.Verify(tt.token, tt.text, tt.subject, tt.at); !errors.Is(err, tt.want) {
				t.Errorf("Verify = %v, want %v", err, tt.want)
			}
		})
	}
	if strings.Contains(token, "epilepsi") || len(token) > 64 {
		t.Errorf("token %q", token)
	}
}

func TestAcknowledgerRefusesAShortKey(t *testing.T) {
	t.Parallel()
	if _, err := sensitive.NewAcknowledger(make([]byte, 31)); !errors.Is(err, sensitive.ErrKey) {
		t.Errorf("error %v", err)
	}
}
