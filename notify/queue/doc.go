// Package queue is the conveyor belt between those who announce and those who send: Redis Streams, one per municipality, provider and urgency. Workers take
// from all municipalities by turns, so that a hundred thousand notices of one hold up no other's.
//
// The belt carries ids and nothing else. It may be wiped, lost or unreachable at any instant: that costs speed and never a notice, because
// every promise stands in Postgres (package outbox) and whatever is taken from the belt has to be claimed there. So every error of this
// package is one to log and to go on from.
//
// It may open Redis, and no other package of notify does: one, one with Sentinels, or a Cluster (open.go). Start reading at keys.go, then ring.go, listen.go
// and read.go.
package queue
