package app_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app"
)

// A text of which nothing can be seen is empty, whatever it is made of.
func TestInvisibleTextIsEmpty(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"": "text_empty", " \n\t": "text_empty", "\u00a0\u2003\u3000": "text_empty", "\u200b": "text_empty", "\u202e\u202d": "text_empty",
		"\ufeff": "text_empty", "\u00ad": "text_empty", "\u3164": "text_empty", "\u115f\u1160\uffa0": "text_empty", "\u034f": "text_empty",
		"\ufe0f": "text_empty", "\u2800": "text_empty", "\U000e0041": "text_empty", "\u0007": "text_empty", "\u2060 \u200d": "text_empty",
		"\ufeffHej": "", ".": "", "0": "", "👩\u200d👧": "", "\u202eשלום": "", "a\u0308": "", "한": "",
	} {
		if _, err := (app.Conversation{Open: true}).Write(uuid.New(), uuid.New(), "A", app.GuardianSide, text, false, now); code(err) != want {
			t.Errorf("a message %+q: %q, want %q", text, code(err), want)
		}
		if _, err := (app.Institution{}).Alarm(uuid.New(), app.Lockdown, text, uuid.New(), now); code(err) != want {
			t.Errorf("an alert %+q: %q, want %q", text, code(err), want)
		}
		if want != "" {
			want = "reason_missing"
		}
		if err := (app.AssistedVerdict{State: app.AssistedRefused, Reason: text}).Check(); code(err) != want { // H7
			t.Errorf("the reason of a refused case %+q: %q, want %q", text, code(err), want)
		}
	}
}
