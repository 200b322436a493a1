// Package contract reads openapi.yaml into the operations that the rim serves, and holds a request against the one it is for: path, query,
// headers and body, every mistake with a pointer to the field and in words for people. What passes has exactly one reading: no field twice,
// no unknown field, no text that the database could not store.
//
// It may open kin-openapi and the faults of package app; it knows neither HTTP servers nor statuses. Start reading at accept.go.
package contract
