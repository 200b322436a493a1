package local

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAProjectOutOfReach is root's project below a home of mode 0700: the servers' user cannot walk into it.
func TestAProjectOutOfReach(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root runs the servers as somebody else")
	}
	project := t.TempDir()
	if err := os.Chmod(project, 0o700); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	o := Options{Folder: filepath.Join(project, ".data"), Log: slog.New(slog.NewTextHandler(&log, nil))}
	first, err := settle(o)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { os.RemoveAll(first.dir) })
	if !gone(first.dir) {
		t.Errorf("%s was made before it was needed", first.dir)
	}
	if err := first.make(); err != nil {
		t.Fatal(err)
	}
	again, err := settle(o)
	if err != nil || first.dir != again.dir {
		t.Errorf("the second run would use %q, not %q (%v)", again.dir, first.dir, err)
	}
	if strings.HasPrefix(first.dir, project) || !first.as.reaches(first.dir) {
		t.Errorf("settled in %s", first.dir)
	}
	if !strings.Contains(log.String(), first.dir) || !strings.Contains(log.String(), o.Folder) {
		t.Errorf("the log does not say where: %s", log.String())
	}
}

func TestAFolderPreparedByAStrangerIsRefused(t *testing.T) {
	t.Parallel()
	elsewhere, dir := t.TempDir(), filepath.Join(t.TempDir(), "budstikke-x")
	if err := os.Symlink(elsewhere, dir); err != nil {
		t.Fatal(err)
	}
	var ourselves *account
	if err := ourselves.privateFolder(dir); err == nil {
		t.Error("a symbolic link was taken for our folder")
	}
	if os.Geteuid() == 0 {
		stranger := &account{name: "stranger", uid: 12345, gid: 12345}
		if err := stranger.privateFolder(t.TempDir()); err == nil {
			t.Error("somebody else's folder was taken for ours")
		}
	}
}

func TestPasswordIsKept(t *testing.T) {
	t.Parallel()
	h, path := home{}, filepath.Join(t.TempDir(), "password")
	first, err := h.password(path)
	if err != nil || len(first) != 48 {
		t.Fatalf("%d characters, %v", len(first), err)
	}
	if again, err := h.password(path); err != nil || again != first {
		t.Errorf("the second time another one (%v)", err)
	}
	if other, err := h.password(path + "2"); err != nil || other == first {
		t.Errorf("two folders share a password (%v)", err)
	}
}

func TestSocketPathStaysWithinTheKernelsLimit(t *testing.T) {
	t.Parallel()
	short, long := &Postgres{folder: "/srv/x"}, &Postgres{folder: "/" + strings.Repeat("d", 95)}
	if got := short.socketFolder(50000); got != "/srv/x" {
		t.Errorf("short: %q", got)
	}
	if got := long.socketFolder(50000); got != "" {
		t.Errorf("long: %q", got)
	}
}
