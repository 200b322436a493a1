package app_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"budstikke.example/app"
)

// B9: a mark is of these people at this place, in whatever order they stand, and of nobody else.
func TestMarkOfRecipients(t *testing.T) {
	t.Parallel()
	id := rapid.Custom(func(t *rapid.T) uuid.UUID { return uuid.UUID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id")) })
	rapid.Check(t, func(t *rapid.T) {
		place := id.Draw(t, "place")
		people := app.Recipients(rapid.SliceOfDistinct(id, func(i uuid.UUID) uuid.UUID { return i }).Draw(t, "people"))
		mark := people.Mark(place)
		if len(mark) != 40 {
			t.Fatalf("%d letters", len(mark))
		}
		shuffled := append(rapid.Permutation(people).Draw(t, "shuffled"), people...)
		if err := app.Recipients(shuffled).Are(place, mark); err != nil {
			t.Fatalf("the same people: %v", err)
		}
		if err := people.Are(place, ""); err != nil {
			t.Fatalf("nobody in particular: %v", err)
		}
		other := append(slices.Clone(people), uuid.New())
		var fault *app.Fault
		if err := other.Are(place, mark); !errors.As(err, &fault) || fault.Code != "recipients_changed" ||
			*fault.Recipients != (app.RecipientsChanged{Previewed: len(people), Now: len(people) + 1}) {
			t.Fatalf("one more: %v", err)
		}
		if people.Are(uuid.New(), mark) == nil {
			t.Fatal("a mark of another place")
		}
		if n := len(people); n > 0 {
			if people[:n-1].Are(place, mark) == nil {
				t.Fatal("one fewer")
			}
			exchanged := append(slices.Clone(people[:n-1]), uuid.New())
			if exchanged.Are(place, mark) == nil {
				t.Fatal("as many others")
			}
		}
	})
	for _, made := range []string{"x", strings.Repeat("A", 40), strings.Repeat("_", 40), "%%", mark3()} {
		if app.Recipients(nil).Are(uuid.Nil, made) == nil {
			t.Errorf("%q was taken for a mark", made)
		}
	}
}

func mark3() string { return app.Recipients{uuid.New(), uuid.New(), uuid.New()}.Mark(uuid.Nil) }
