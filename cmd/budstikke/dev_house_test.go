package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// keepsHouse holds that `budstikke dev` is the whole system and not only what answers: the review of the month is open for the head at once, and its
// rows are there (V10); the end of the trail is signed (B5).
func (d *dev) keepsHouse(t *testing.T, head client, institution any, data string) {
	t.Helper()
	reviews := fmt.Sprintf("/v1/office/institutions/%v/reviews", institution)
	eventually(t, "the month's review is open", func() bool { return len(head.do(t, http.MethodGet, reviews, nil).items()) == 1 })
	review := head.do(t, http.MethodGet, reviews, nil).items()[0]
	if rows := head.do(t, http.MethodGet, fmt.Sprintf("/v1/office/reviews/%v/rows", review["id"]), nil).items(); len(rows) == 0 {
		t.Error("the review has no rows")
	}
	eventually(t, "the end of the trail is signed", func() bool {
		_, err := os.Stat(filepath.Join(data, "anchors.jsonl"))
		return !errors.Is(err, fs.ErrNotExist)
	})
	for _, command := range []string{"code USERNAME", "dev --forget"} {
		if typed := os.Args[0] + " " + command; !strings.Contains(d.out.String(), typed) {
			t.Errorf("the welcome does not say %q as it can be typed here", typed)
		}
	}
}
