package chaos

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// disk is a file system of its own for the data of PostgreSQL, large enough for what a run writes and its WAL, so that it can be filled to the brim without taking the machine's.
type disk struct{ folder string }

// newDisk mounts one and lets everything temporary of this process lie there; nil, with the reason, where it may not be mounted.
func newDisk(t *testing.T) (*disk, string) {
	t.Helper()
	if os.Geteuid() != 0 {
		return nil, "disk full: only root may mount a disk for PostgreSQL"
	}
	folder := openFolder(t)
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "mode=1777,size=3g", "tmpfs", folder).CombinedOutput(); err != nil {
		return nil, "disk full: a disk for PostgreSQL cannot be mounted: " + string(out)
	}
	t.Cleanup(func() { _ = exec.Command("umount", "-l", folder).Run() }) // before the folder is removed, after the servers have stopped
	t.Setenv("TMPDIR", folder)
	return &disk{folder}, ""
}

// fill leaves not a byte free for so long. PostgreSQL ends when it cannot write its WAL, and begins again when it can.
func (d *disk) fill(w *world, length time.Duration) error {
	ballast, err := os.Create(filepath.Join(d.folder, "ballast"))
	if err != nil {
		return err
	}
	end := time.NewTimer(length)
	defer end.Stop()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for full := false; !full; { // what is freed meanwhile is taken, too
		for _, block := range [][]byte{make([]byte, 1<<20), make([]byte, 4096)} {
			for err == nil {
				_, err = ballast.Write(block)
			}
			err = nil // there is no more room for a block of this size
		}
		select {
		case <-end.C:
			full = true
		case <-tick.C:
		}
	}
	err = errors.Join(ballast.Close(), os.Remove(ballast.Name()))
	select {
	case <-w.postgres.now.Done():
		return errors.Join(err, w.postgres.now.Restart(soon(w.t)))
	case <-time.After(3 * time.Second): // it may still be on its way down
	}
	select {
	case <-w.postgres.now.Done():
		err = errors.Join(err, w.postgres.now.Restart(soon(w.t)))
	default:
	}
	return err
}
