// Package seal encrypts what a stolen database must not show, and makes it findable all the same: national identity numbers and the secrets
// of second factors (P15).
//
// A value is sealed with AES-256-GCM and bound to the row it belongs to, so that a sealed value moved to another row does not open. For
// look-ups a blind index is kept beside it: an HMAC-SHA256 under a key of its own, derived per municipality, so that equal numbers in two
// municipalities do not look equal. Both kinds of key have versions, and the version is stored with the value, so that keys can be changed
// while the system runs.
//
// The package opens nothing: it is given its keys. Start reading at Keyring.
package seal
