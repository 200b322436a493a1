//go:build nopolicy

package access

// off says that this build decides nothing: row-level security alone must refuse, which tests of this build prove.
const off = true
