package local

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/term"
)

// Run runs a command that finds the servers by DATABASE_URL and REDIS_URL, with our standard input, and hands signals on to it. It returns the
// command's exit code, 128 and the signal's number when a signal ended it; an error means that it could not be run.
func (s *Servers) Run(cmd *exec.Cmd, out, problems io.Writer, signals <-chan os.Signal) (code int, err error) {
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, out, problems
	cmd.Env = append(os.Environ(), "DATABASE_URL="+s.Postgres.URL(), "REDIS_URL="+s.Redis.URL())
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	atTerminal := term.IsTerminal(int(os.Stdin.Fd()))
	for {
		select {
		case sig := <-signals:
			// What is typed at a terminal reaches the command directly; twice would be once too often.
			if !atTerminal || (sig != syscall.SIGINT && sig != syscall.SIGQUIT) {
				_ = cmd.Process.Signal(sig)
			}
		case err := <-ended:
			return codeOf(cmd, err)
		}
	}
}

// codeOf turns the command's end into an exit code of ours.
func codeOf(cmd *exec.Cmd, err error) (int, error) {
	var failed *exec.ExitError
	if err == nil || !errors.As(err, &failed) {
		return 0, err
	}
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal()), nil
	}
	return cmd.ProcessState.ExitCode(), nil
}
