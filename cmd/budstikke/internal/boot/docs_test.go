package boot

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// notSettings are names in the guides that look like settings and are none: what a person puts into their own shell, what tests read, and words of
// PostgreSQL's and of providers'.
var notSettings = []string{"ADMIN_URL", "BACKUP_URL", "ON_ERROR_STOP", "WHO_DECIDED", "NAME_FILE", "CHAOS_CLOCK", "CHAOS_SEED", "CHAOS_SECONDS",
	"CHAOS_LOGS", "SENDER_ID_MISMATCH"}

// TestGuidesNameSettingsThatExist keeps the guides from naming a setting that is gone, and from forgetting one that somebody cannot start without.
func TestGuidesNameSettingsThatExist(t *testing.T) {
	t.Parallel()
	guides, err := filepath.Glob("../../../../docs/*.md")
	if err != nil || len(guides) < 3 {
		t.Fatalf("%d guides, %v", len(guides), err)
	}
	var known, operations []string
	settings := fields(&Settings{})
	for _, f := range settings {
		known = append(known, f.name)
		if f.secret() {
			known = append(known, f.name+"_FILE")
		}
	}
	name := regexp.MustCompile(`\b[A-Z][A-Z0-9]*(_[A-Z0-9]+)+\b`)
	for _, path := range guides {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range name.FindAllString(string(text), -1) {
			if !slices.Contains(known, found) && !slices.Contains(notSettings, found) {
				t.Errorf("%s names %s, which is no setting", filepath.Base(path), found)
			}
			if filepath.Base(path) == "operations.md" {
				operations = append(operations, found)
			}
		}
	}
	for _, f := range settings {
		if len(f.needed) > 0 && !slices.Contains(operations, f.name) {
			t.Errorf("operations.md does not name %s, which %s cannot do without", f.name, strings.Join(f.needed, ", "))
		}
	}
}
