package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// patience is how long a server may take to obey the second, harder signal before it is killed.
const patience = 6 * time.Second

// process is a running server together with the watchdog that ends it when we are gone.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when the server has ended and was reaped
	err  error         // what Wait said; read it after done

	mu    sync.Mutex // guards ended: no signal may go to an id that the kernel has given to somebody else
	ended bool
}

// care says how a server is looked after.
type care struct {
	as     *account       // who runs it; nil: ourselves
	orphan syscall.Signal // what tells the server to end when we are gone
	remove string         // a temporary folder that the watchdog removes in that case; "" for none
	hold   *os.File       // the data folder's lock, held by the watchdog too, so that it outlives us as long as the server
}

// launch starts cmd in its own process group, so that Ctrl-C in a terminal reaches only us and the servers stop
// after the program that uses them, and under a watchdog, so that they stop even if we are killed.
func launch(cmd *exec.Cmd, c care) (*process, error) {
	dog, err := watch(c)
	if err != nil {
		return nil, fmt.Errorf("starting the watchdog: %w", err)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	dieWithParent(cmd.SysProcAttr, c.orphan)
	c.as.become(cmd)

	p := &process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error)
	go func() {
		// The parent-death signal follows the thread that started the child, not the program: keep the thread.
		runtime.LockOSThread()
		err := cmd.Start()
		if err == nil {
			err = dog.guard(cmd.Process.Pid)
		}
		started <- err
		if cmd.Process != nil {
			p.reap()
		}
		dog.dismiss()
		close(p.done)
	}()
	if err := <-started; err != nil {
		if cmd.Process != nil {
			p.signal(syscall.SIGKILL)
		}
		<-p.done
		return nil, err
	}
	return p, nil
}

func (p *process) reap() {
	err := p.cmd.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.err, p.ended = err, true
}

// signal sends sig to the server; SIGKILL goes to its whole process group.
func (p *process) signal(sig syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return
	}
	pid := p.cmd.Process.Pid
	if sig == syscall.SIGKILL {
		pid = -pid
	}
	_ = syscall.Kill(pid, sig) // ESRCH: it ended this very moment, which is what we want
}

// end stops the server: the first signal may take until ctx is done, the others some seconds each, then it is
// killed, which is reported.
func (p *process) end(ctx context.Context, signals ...syscall.Signal) error {
	for i, sig := range signals {
		p.signal(sig)
		if i > 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(context.Background(), patience)
			defer cancel()
		}
		select {
		case <-p.done:
			return nil
		case <-ctx.Done():
		}
	}
	select {
	case <-p.done: // the deadline was past, and so is the server
		return nil
	default:
	}
	p.signal(syscall.SIGKILL)
	<-p.done
	return errors.New("the server did not stop in time and was killed")
}

// watchScript waits until its standard input ends, which happens however we die, and then ends the server whose
// id it was told. It is plain sh because a shell is what every Unix has.
const watchScript = `
trap '' INT TERM HUP
alive() {
  kill -0 "$pid" 2>/dev/null || return 1
  state=
  [ ! -r "/proc/$pid/stat" ] || read -r _ _ state _ <"/proc/$pid/stat"
  [ "$state" != Z ] # ended, but the first process of this container does not reap orphans
}
read -r pid || pid=
while read -r _; do :; done
if [ -n "$pid" ]; then
  kill -s "$1" "$pid" 2>/dev/null
  n=0
  while alive && [ "$n" -lt 100 ]; do n=$((n+1)); sleep 0.1; done
  kill -s KILL -- "-$pid" 2>/dev/null
fi
[ -z "$2" ] || rm -rf -- "$2"
`

type watchdog struct {
	cmd  *exec.Cmd
	line *os.File // kept open as long as we live; the kernel closes it for us when we are killed
}

func watch(c care) (*watchdog, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer read.Close()
	cmd := exec.Command("/bin/sh", "-c", watchScript, "budstikke-watchdog", signalName(c.orphan), c.remove)
	cmd.Stdin, cmd.Dir, cmd.Env = read, "/", plainEnvironment()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if c.hold != nil {
		cmd.ExtraFiles = []*os.File{c.hold}
	}
	c.as.become(cmd)
	if err := cmd.Start(); err != nil {
		write.Close()
		return nil, err
	}
	return &watchdog{cmd: cmd, line: write}, nil
}

func (w *watchdog) guard(pid int) error {
	_, err := fmt.Fprintln(w.line, pid)
	return err
}

// dismiss ends the watchdog before it sees the line go dead: the server has been reaped, and its id may soon be
// another process's.
func (w *watchdog) dismiss() {
	_ = syscall.Kill(-w.cmd.Process.Pid, syscall.SIGKILL)
	_ = w.cmd.Wait()
	_ = w.line.Close()
}

// signalName is the name that kill(1) knows, which differs from Go's description of the signal.
func signalName(sig syscall.Signal) string {
	switch sig {
	case syscall.SIGINT:
		return "INT"
	case syscall.SIGQUIT:
		return "QUIT"
	default:
		return "TERM"
	}
}
