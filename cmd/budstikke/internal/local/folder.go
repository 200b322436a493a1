package local

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// home is where the servers of one project keep their things, and who runs them.
type home struct {
	dir    string
	as     *account
	wanted string // the project's folder, when dir had to be another one
	log    *slog.Logger
}

// settle chooses the project's data folder, or, where the unprivileged account cannot walk into the project, a
// folder of its own below the temporary folder, named after the project so that the next run finds it again. It
// makes neither: a throwaway server needs none.
func settle(o Options) (home, error) {
	as, err := servant()
	if err != nil {
		return home{}, err
	}
	if as.reaches(nearest(o.Folder)) {
		return home{dir: o.Folder, as: as, log: o.Log}, nil
	}
	return home{dir: elsewhere(o, as), as: as, wanted: o.Folder, log: o.Log}, nil
}

// elsewhere is the folder below the temporary one that stands in for the project's.
func elsewhere(o Options, as *account) string {
	sum := sha256.Sum256([]byte(o.Folder))
	return filepath.Join(temporary(as), "budstikke-"+hex.EncodeToString(sum[:6]))
}

// nearest is the folder itself, or the closest one above it that exists.
func nearest(dir string) string {
	for dir != filepath.Dir(dir) {
		if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
			break
		}
		dir = filepath.Dir(dir)
	}
	return dir
}

// make makes the folder, and says so when it is not the one that was wanted.
func (h home) make() error {
	if h.wanted != "" {
		h.log.Warn("the data folder is out of reach for the user that runs PostgreSQL; using another one",
			"wanted", h.wanted, "user", h.as.name, "using", h.dir)
		return h.as.privateFolder(h.dir)
	}
	if err := os.MkdirAll(h.dir, 0o755); err != nil {
		return fmt.Errorf("making the data folder: %w", err)
	}
	if h.as.reaches(h.dir) {
		return nil
	}
	return os.Chmod(h.dir, 0o755) // root's umask closed it for the account
}

// temporary is the system's temporary folder, or /tmp when the account cannot reach that one.
func temporary(as *account) string {
	if dir := os.TempDir(); as.reaches(dir) {
		return dir
	}
	return "/tmp"
}

// scratch makes a private temporary folder for one server; the caller removes it.
func (h home) scratch(name string) (string, error) {
	dir, err := os.MkdirTemp(temporary(h.as), "budstikke-"+name+"-")
	if err != nil {
		return "", err
	}
	if err := h.as.own(dir); err != nil {
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	return dir, nil
}

// errInUse is of a folder that a living program has.
var errInUse = errors.New("in use")

// lock takes the folder for this program. It fails at once, naming the holder, when a living program has it, and
// waits a little when only the holder's watchdog is still clearing up.
func lock(ctx context.Context, dir string) (*os.File, error) {
	file, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		if holder := holder(file); holder != 0 && syscall.Kill(holder, 0) != syscall.ESRCH {
			return nil, errors.Join(fmt.Errorf("the data folder %s is %w by process %d: stop that one first", dir, errInUse, holder), file.Close())
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("the data folder %s is in use: stop the program that uses it first", dir), file.Close())
		case <-tick.C:
		}
	}
	if err := file.Truncate(0); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	if _, err := file.WriteAt([]byte(strconv.Itoa(os.Getpid())), 0); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// holder reads who has the lock; 0 when nothing readable is written there.
func holder(file *os.File) int {
	text := make([]byte, 20)
	n, _ := file.ReadAt(text, 0)
	pid, err := strconv.Atoi(strings.TrimSpace(string(text[:n])))
	if err != nil {
		return 0
	}
	return pid
}

// password returns the password kept in the file, or makes one of 192 random bits readable by its owner alone.
func (h home) password(path string) (string, error) {
	kept, err := os.ReadFile(path)
	if err == nil && len(kept) > 0 {
		return strings.TrimSpace(string(kept)), nil
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	fresh := randomSecret()
	if err := os.WriteFile(path, []byte(fresh), 0o600); err != nil {
		return "", err
	}
	return fresh, h.as.own(path)
}

func randomSecret() string {
	raw := make([]byte, 24)
	_, _ = rand.Read(raw) // crypto/rand never fails: it ends the program instead
	return hex.EncodeToString(raw)
}
