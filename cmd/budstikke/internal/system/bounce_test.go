package system_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/cmd/budstikke/internal/system"
	"budstikke.example/notify/email"
)

// A report that names no mail by a token of ours, or tells of no failure, comes nowhere near the database: there is none here.
func TestReportsWithoutATokenOfOurs(t *testing.T) {
	t.Parallel()
	ours, err := system.Base{SigningKey: bytes.Repeat([]byte{1}, 32)}.Confirmer()
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := system.Base{SigningKey: bytes.Repeat([]byte{2}, 32)}.Confirmer()
	if err != nil {
		t.Fatal(err)
	}
	delivery := uuid.New()
	for name, r := range map[string]email.Report{
		"none":       {Failed: true, Gone: true, Status: "5.1.1"},
		"a bare id":  {Failed: true, Gone: true, Tokens: []string{delivery.String()}},
		"forged":     {Failed: true, Gone: true, Tokens: []string{theirs.BounceToken(delivery), strings.Repeat("a", 42)}},
		"not failed": {Tokens: []string{ours.BounceToken(delivery)}},
	} {
		said, err := system.Reported(context.Background(), ours, nil, r)
		if err != nil || !strings.HasSuffix(said, "nothing is changed") {
			t.Errorf("%s: %q, %v", name, said, err)
		}
	}
}
