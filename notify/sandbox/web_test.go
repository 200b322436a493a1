package sandbox_test

import (
	"io"
	"net/http"
	"testing"
)

// bodyOf reads and closes an answer.
func bodyOf(t *testing.T, res *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return string(body)
}
