// Package bench measures what the rules cost: an authenticated read with session, policy and row-level security in one batch against the bare
// query by the owner of the tables, both through pools of the same size, interleaved in one run. make bench runs it; README.md holds the
// figures and what they were measured on.
//
// Start reading at read_cost_test.go.
package bench
