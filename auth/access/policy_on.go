//go:build !nopolicy

package access

// off says that this build decides nothing.
const off = false
