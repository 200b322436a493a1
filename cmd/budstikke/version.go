package main

import (
	"fmt"
	"runtime"
)

// version is set by `make build` from git describe.
var version = "development"

type versionCommand struct{}

// Run prints the version on one line.
func (versionCommand) Run(t terminal) error {
	_, err := fmt.Fprintf(t.out, "budstikke %s %s %s/%s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
