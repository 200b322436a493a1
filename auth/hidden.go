package auth

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
)

// Hidden is a text that nothing prints: a personal number, a name, the secret of a QR code. The zero Hidden is empty. It holds a function,
// because package fmt passes by every method of a type when it reports a wrong verb, and prints what it finds, but never what a function holds.
type Hidden struct{ text func() string }

// Hide hides a text.
func Hide(text string) Hidden { return Hidden{text: func() string { return text }} }

// Reveal returns the text. Never log it.
func (h Hidden) Reveal() string {
	if h.text == nil {
		return ""
	}
	return h.text()
}

const stars = "***"

// String hides the text.
func (Hidden) String() string { return stars }

// Format hides the text, whatever the verb.
func (Hidden) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, stars) }

// LogValue hides the text.
func (Hidden) LogValue() slog.Value { return slog.StringValue(stars) }

// MarshalText hides the text, in JSON and other encodings.
func (Hidden) MarshalText() ([]byte, error) { return []byte(stars), nil }

// UnmarshalJSON reads a text and hides it. What is no text is an error that does not quote it.
func (h *Hidden) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return errors.New("auth: a text was expected")
	}
	*h = Hide(text)
	return nil
}
