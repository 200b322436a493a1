// Package boot is what every command does before its work begins and after it ends: it reads the configuration from
// the environment, makes the log, and runs the parts of a process in order and stops them in the reverse order.
//
// It alone reads the environment; it opens no network connection. Start reading at [Settings] for what can be set,
// then [Load] for how it is read and [Run] for how a process lives and ends.
package boot
