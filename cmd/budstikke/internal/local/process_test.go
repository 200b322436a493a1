package local

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// TestNothingIsLeftAfterKill starts a program that runs both servers, ends it in ways that leave it no chance to
// clear up, and sees the servers and the temporary folders go.
func TestNothingIsLeftAfterKill(t *testing.T) {
	t.Parallel()
	needPostgres(t)
	for name, c := range map[string]struct {
		purpose string
		fall    func(*exec.Cmd)
		panics  string
	}{
		"killed":            {"throwaway", func(c *exec.Cmd) { _ = c.Process.Kill() }, ""},
		"killed in dev":     {"dev", func(c *exec.Cmd) { _ = c.Process.Kill() }, ""},
		"terminated":        {"throwaway", func(c *exec.Cmd) { _ = c.Process.Signal(syscall.SIGTERM) }, ""},
		"panicking":         {"throwaway", func(*exec.Cmd) {}, "yes"},
		"its group killed":  {"throwaway", func(c *exec.Cmd) { _ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }, ""},
		"Ctrl-C to a group": {"dev", func(c *exec.Cmd) { _ = syscall.Kill(-c.Process.Pid, syscall.SIGINT) }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := openFolder(t)
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), "LOCAL_TEST_VICTIM="+c.purpose, "LOCAL_TEST_FOLDER="+folder, "LOCAL_TEST_PANIC="+c.panics)
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
			line, _ := bufio.NewReader(out).ReadString('\n')
			parts := strings.Fields(line)
			if len(parts) != 4 {
				t.Fatalf("the program said %q", line)
			}
			if c.panics == "" && (closed(parts[0]) || closed(parts[1])) {
				t.Fatal("the servers do not listen")
			}
			c.fall(cmd)
			_ = cmd.Wait()
			eventually(t, "PostgreSQL ends", func() bool { return closed(parts[0]) })
			eventually(t, "Redis ends", func() bool { return closed(parts[1]) })
			eventually(t, "Redis' folder goes", func() bool { return gone(parts[3]) })
			if c.purpose == "throwaway" {
				eventually(t, "PostgreSQL's folder goes", func() bool { return gone(parts[2]) })
				return
			}
			// The next start finds the folder free, although the former holder's watchdog may still be at work.
			again := start(t, Options{Purpose: Dev, Folder: folder})
			if log, err := os.ReadFile(again.logFile()); err != nil || bytes.Contains(log, []byte("not properly shut down")) {
				t.Errorf("kept data were not shut down properly: %v\n%s", err, log)
			}
		})
	}
}

// closed reports whether nobody listens on the loopback port.
func closed(port string) bool {
	conn, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		return true
	}
	_ = conn.Close()
	return false
}

func gone(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, os.ErrNotExist)
}

// stubborn starts a shell that ignores the signals that end it, and returns once it does.
func stubborn(t *testing.T) *process {
	t.Helper()
	ready, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/bin/sh", "-c", `trap '' TERM INT QUIT; echo ready; while :; do sleep 60; done`)
	cmd.Stdout = write
	p, err := launch(cmd, care{orphan: syscall.SIGTERM})
	_ = write.Close()
	if err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(ready).ReadString('\n'); err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	t.Cleanup(func() { p.signal(syscall.SIGKILL); <-p.done; _ = ready.Close() })
	return p
}

func TestAServerThatDoesNotStopIsKilledWithItsGroup(t *testing.T) {
	t.Parallel()
	p := stubborn(t)
	group := p.cmd.Process.Pid
	ctx := t.Context()
	cancelled, cancel := withCancelled(ctx)
	defer cancel()
	if err := p.end(cancelled, syscall.SIGTERM); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("end returned %v, want a word on the kill", err)
	}
	eventually(t, "the whole group ends", func() bool { return !alive(group) })
	p.signal(syscall.SIGTERM) // after the end a signal goes nowhere, whoever has the id now
	for range 20 {
		if err := p.end(cancelled, syscall.SIGTERM); err != nil {
			t.Fatalf("a server that has ended is said to have been killed: %v", err)
		}
	}
}

// alive reports whether the process group has a member that is more than a zombie waiting to be reaped.
func alive(group int) bool {
	out, _ := exec.Command("ps", "-A", "-o", "pgid=,stat=").Output()
	for line := range strings.Lines(string(out)) {
		var id int
		var state string
		if n, _ := fmt.Sscan(line, &id, &state); n == 2 && id == group && !strings.HasPrefix(state, "Z") {
			return true
		}
	}
	return false
}

func TestLaunchOfAMissingProgramIsAnError(t *testing.T) {
	t.Parallel()
	if _, err := launch(exec.Command("/no/such/program"), care{orphan: syscall.SIGTERM}); err == nil {
		t.Error("no error")
	}
}

func TestTheWatchdogSeesNoSecrets(t *testing.T) {
	t.Setenv("BUDSTIKKE_TEST_SECRET", "do not pass on")
	dog, err := watch(care{orphan: syscall.SIGTERM})
	if err != nil {
		t.Fatal(err)
	}
	defer dog.dismiss()
	if env := strings.Join(dog.cmd.Env, "\n"); env == "" || strings.Contains(env, "SECRET") {
		t.Errorf("environment of the watchdog: %q", env)
	}
	if _, err := io.WriteString(dog.line, strconv.Itoa(1<<22+1)+"\n"); err != nil {
		t.Errorf("the watchdog does not listen: %v", err)
	}
}
