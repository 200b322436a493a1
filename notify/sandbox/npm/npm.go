// Package npm runs programs of others, from npm, that judge ours in tests: a certified OpenID Connect provider, a client of BankID. The lock file
// beside them says exactly what is installed; a test skips on a machine without Node and fails where CI is set. Only tests import it.
package npm

import (
	"bufio"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

//go:embed programs
var programs embed.FS

// Folder returns the folder that the programs are installed in. Test processes share it; it is named after what is in it.
func Folder(t *testing.T) string {
	t.Helper()
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatalf("%s is needed: .ci/run installs it", tool)
			}
			t.Skipf("%s is not installed", tool)
		}
	}
	folder, err := install()
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skipf("the programs cannot be installed here: %v", err)
	}
	return folder
}

var install = sync.OnceValues(func() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	sum := sha256.New()
	files := map[string][]byte{}
	err = fs.WalkDir(programs, "programs", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := programs.ReadFile(path)
		files[filepath.Base(path)] = content
		_, _ = sum.Write(append([]byte(path), content...)) // a hash takes everything
		return err
	})
	if err != nil {
		return "", err
	}
	folder := filepath.Join(cache, "budstikke", "npm-"+hex.EncodeToString(sum.Sum(nil)[:8]))
	if _, err := os.Stat(folder); err == nil {
		return folder, nil
	}
	if err := os.MkdirAll(filepath.Dir(folder), 0o755); err != nil {
		return "", err
	}
	fresh, err := os.MkdirTemp(filepath.Dir(folder), "new-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(fresh) }()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(fresh, name), content, 0o644); err != nil {
			return "", err
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
	command.Dir = fresh
	if said, err := command.CombinedOutput(); err != nil {
		return "", &exec.Error{Name: "npm ci: " + strings.TrimSpace(string(said)), Err: err}
	}
	if err := os.Rename(fresh, folder); err != nil {
		if _, there := os.Stat(folder); there != nil { // else another process was faster
			return "", err
		}
	}
	return folder, nil
})

// Serve runs a program until the test ends, and returns the first line it prints.
func Serve(t *testing.T, program string, arguments ...string) string {
	t.Helper()
	command := exec.Command("node", append([]string{"--no-warnings", program}, arguments...)...)
	command.Dir = Folder(t)
	input, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	command.Stderr = &said
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = input.Close() // the program ends with it
		stop := time.AfterFunc(5*time.Second, func() { _ = command.Process.Kill() })
		defer stop.Stop()
		_ = command.Wait()
	})
	lines := bufio.NewScanner(output)
	if !lines.Scan() {
		_ = command.Wait()
		t.Fatalf("%s did not start: %s", program, said.String())
	}
	line := lines.Text()
	go func() { // what it says later must not fill the pipe
		for lines.Scan() {
			continue
		}
	}()
	return line
}

// Run runs a program to its end and returns what it prints. It fails the test when the program does.
func Run(t *testing.T, program string, arguments ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, "node", append([]string{"--no-warnings", program}, arguments...)...)
	command.Dir = Folder(t)
	said, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %s", program, err, said)
	}
	return string(said)
}
