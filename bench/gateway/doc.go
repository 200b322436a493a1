// Package gateway measures the notification gateway against what somebody would use instead of it, and against the least that any of them
// has to do: a loop over apns2 with no queue at all. It is a module of its own, so that the peers are no dependencies of Budstikke.
//
// Everybody gets the same work in the same run: the same receivers, the same provider (the sandbox in a process of its own), the same number
// of sends at a time, the same PostgreSQL with fsync and the same Redis. The contenders take turns, and the turns are repeated, because
// machines change their speed within minutes: what counts are ratios within a round, and the calibration beside each number says how fast
// the machine was. `make bench` runs it, and docs/performance.md explains the figures.
//
// Start reading at contender.go and fanout_test.go; series_test.go turns figures into lines of package result; ours_test.go is Budstikke, each peer has a file of its own.
package gateway
