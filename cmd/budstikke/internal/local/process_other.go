//go:build !linux

package local

import "syscall"

// dieWithParent does nothing where the kernel has no parent-death signal; the watchdog alone ends the child.
func dieWithParent(*syscall.SysProcAttr, syscall.Signal) {}
