package postgres

import "context"

// Language returns the locale that was asked for, or else the municipality's: whoever does not say which language they read is told things in the one that
// is spoken there (B4).
func (t tx) Language(ctx context.Context, asked string) (string, error) {
	if asked != "" {
		return asked, nil
	}
	here, err := t.Here(ctx)
	return here.Locale, err
}
