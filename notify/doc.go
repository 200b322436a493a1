// Package notify is the vocabulary of the gateway: which events people are told about, by which channels, and what may leave.
//
// The life of a notice:
//
//	event      something happened; a row in notify.events, written in the transaction that made it happen
//	delivery   one event, one person, one channel, one endpoint; a row in notify.deliveries, written by the same statement
//	  pending     committed, not yet sent; a promise
//	  sent        the provider accepted it
//	  retry       the provider could not take it now; it is tried again
//	  suppressed  the person lost access before it left (V15); nothing was sent
//	  expired     it came too late to be of use; nothing was sent
//	  dead        it cannot be delivered; kept, never deleted
//	parcel     the work still to do: a few deliveries of one event that travel together; a row in notify.parcels, written by the same
//	           statement, claimed by a worker under a lease and a fence, and gone when everything in it has ended. What is tried again
//	           travels alone. Access is checked by the claim, after the lease and in the statement that tells the addresses (V15)
//
// Sub-packages: outbox holds the rows (Postgres), queue the conveyor belt (Redis Streams; may be wiped at any instant), worker the
// loops that carry a delivery from one to the other and out, render the words, and email, push and sms the channels. sandbox plays the
// providers.
//
// The package does no input or output and knows neither app nor auth: it meets them by id. Start reading at event.go and policy.go,
// which together keep V20 (SMS is only for critical events).
package notify
