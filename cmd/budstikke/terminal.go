package main

import (
	"fmt"
	"io"
)

// terminal is where a command talks to the person who called it.
type terminal struct {
	out, err io.Writer
}

// exitCode is an error that ends the program with that code and without a further message.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit code %d", int(e)) }
