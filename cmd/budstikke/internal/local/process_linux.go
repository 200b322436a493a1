package local

import "syscall"

// dieWithParent asks the kernel to signal the child when the thread that started it ends. launch keeps that thread
// for the child's whole life. It covers the instant before the watchdog knows the child's id.
func dieWithParent(attr *syscall.SysProcAttr, sig syscall.Signal) { attr.Pdeathsig = sig }
