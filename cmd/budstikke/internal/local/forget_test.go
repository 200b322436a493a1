package local

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// keptBy makes what a development run leaves behind, without starting a server.
func keptBy(t *testing.T, o Options) (h home, database string) {
	t.Helper()
	h, err := settle(o)
	if err != nil {
		t.Skip(err)
	}
	if err := h.make(); err != nil {
		t.Fatal(err)
	}
	database = filepath.Join(h.dir, "postgres")
	if err := h.as.privateFolder(database); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(database, "password"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	return h, database
}

func TestForgetRemovesTheDatabase(t *testing.T) {
	t.Parallel()
	o, err := Options{Folder: openFolder(t)}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	_, database := keptBy(t, o)
	keys := filepath.Join(o.Folder, "keys.json")
	if err := os.WriteFile(keys, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	held, err := lock(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	if removed, err := Forget(t.Context(), o); err == nil || !strings.Contains(err.Error(), "stop that one first") || strings.Contains(err.Error(), "DATABASE_URL") || len(removed) > 0 || gone(database) {
		t.Errorf("a database in use was removed: %v, %v", removed, err)
	}
	if err := held.Close(); err != nil {
		t.Fatal(err)
	}
	if removed, err := Forget(t.Context(), o); err != nil || len(removed) != 1 || removed[0] != database || !gone(database) || gone(keys) {
		t.Errorf("removed %v, %v", removed, err)
	}
	if removed, err := Forget(t.Context(), o); err != nil || len(removed) > 0 {
		t.Errorf("the second time it removed %v, %v", removed, err)
	}
}

// TestForgetFindsTheDatabaseOfAProjectOutOfReach is root's project below a home of mode 0700, whose database lies elsewhere.
func TestForgetFindsTheDatabaseOfAProjectOutOfReach(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root runs the servers as somebody else")
	}
	project := t.TempDir()
	if err := os.Chmod(project, 0o700); err != nil {
		t.Fatal(err)
	}
	o, err := Options{Folder: filepath.Join(project, ".data")}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	h, database := keptBy(t, o)
	t.Cleanup(func() { os.RemoveAll(h.dir) })
	if strings.HasPrefix(database, project) {
		t.Fatalf("the database lies in %s", database)
	}
	if removed, err := Forget(t.Context(), o); err != nil || len(removed) != 1 || removed[0] != h.dir || !gone(h.dir) {
		t.Errorf("removed %v, %v; want %s", removed, err, h.dir)
	}
}
