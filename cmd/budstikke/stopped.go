package main

import (
	"context"
	"errors"
	"fmt"
)

// interrupted is the exit code of a command that a signal stopped before it was done, as shells have it for Ctrl-C.
const interrupted = 130

// stopped says that a command was stopped before it was done, and what else went wrong while it stopped.
func stopped(t terminal, err error) int {
	fmt.Fprintln(t.err, "budstikke: stopped before it was done")
	if rest := besides(err); rest != nil {
		fmt.Fprintln(t.err, "budstikke:", rest)
	}
	return interrupted
}

// besides is what an error holds besides that the work was cancelled, such as a server that did not end; nil if there is nothing.
func besides(err error) error {
	if all, ok := err.(interface{ Unwrap() []error }); ok {
		var rest []error
		for _, one := range all.Unwrap() {
			rest = append(rest, besides(one))
		}
		return errors.Join(rest...)
	}
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
