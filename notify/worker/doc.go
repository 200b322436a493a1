// Package worker carries deliveries from the outbox to the providers.
//
// Each provider has one carrier (carrier.go): a loop with a pool of slots that takes refs from the belt, or from Postgres while the belt is
// away, claims the parcels that they name, and sends each delivery in a goroutine of its own. What leaves next is claimed while the slots are busy, by the pace of
// the provider, and given back when it does not leave within half a second (slots.go). Critical deliveries are always taken first, a reserve of slots is never
// given to routine ones, and none of these is claimed while an alert is leaving, so that it overtakes everything that waits. A valve (valve.go) cuts this to what the provider can take at the moment: a circuit
// breaker, a rate, and fewer at the same time while it throttles. Results are written in batches, critical ones by themselves (settler.go). The relay
// (relay.go) puts back on the belt what was lost from it and frees what a dead worker held.
//
// Nothing is sent without a claim, and the claim asks whether the receiver may still be told (V15). An SMS can only be made from a critical
// delivery (V20). Logs carry kinds, outcomes and ids, never an address or a word of a notice.
//
// It opens nothing itself: it is handed the outbox's pool, the belt and the senders. Start reading at worker.go, then carrier.go.
package worker
