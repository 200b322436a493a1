package walk_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// P15, V17: the table never holds the words of a note, those who may read it do, and a sealed note that was moved to another absence opens for nobody.
func TestNotesAreSealed(t *testing.T) {
	t.Parallel()
	w := arrived(t)
	anna, child := w.is[right].token, w.person("Alfhildis")
	note := "Kommer i morgon, Qvistlund. " + strings.Repeat("ö", 1900)
	first, tag := w.absence(anna, child, note)
	second, _ := w.absence(anna, child, "En annan anteckning.")
	stored := func(id uuid.UUID) string {
		return one[string](w.town, "select note from app.absences where id = $1", id)
	}
	if kept := stored(first); !strings.HasPrefix(kept, "sealed:1:") || strings.Contains(kept, "Qvistlund") ||
		strings.Contains(kept, base64.RawStdEncoding.EncodeToString([]byte("Kommer i morgon"))) {
		t.Errorf("the table holds %.60q", kept)
	}
	path := "/v1/guardian/absences/" + first.String()
	if got := w.do(call{path: path, token: anna}).want(t, http.StatusOK, ""); !contains(got, note) {
		t.Errorf("who wrote the note reads %.200s", got.body)
	}
	list := "/v1/staff/institutions/" + w.institution(kindergarten).String() + "/absences?limit=100&date=" +
		one[string](w.town, "select to_char(starts_on, 'YYYY-MM-DD') from app.absences where id = $1", first)
	if got := w.do(call{path: list, token: w.is[leader].token}).want(t, http.StatusOK, ""); !contains(got, note) {
		t.Errorf("staff read %.200s", got.body)
	}
	w.do(call{method: http.MethodPatch, path: path, token: anna, ifMatch: tag, body: map[string]any{"reason": "other"}}).want(t, http.StatusOK, "")
	if got := w.do(call{path: path, token: anna}).want(t, http.StatusOK, ""); !contains(got, note) {
		t.Errorf("after a change of the reason: %.200s", got.body)
	}
	w.exec("update app.absences set note = $1 where id = $2", stored(first), second)
	res, err := w.client.Do(call{path: "/v1/guardian/absences/" + second.String(), token: anna}.request(t, w.url))
	must(t, err)
	defer res.Body.Close()
	if res.StatusCode != http.StatusInternalServerError {
		t.Errorf("a note that was moved to another absence answered %d", res.StatusCode)
	}
}
