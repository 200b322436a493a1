// Package view holds the few steps that every room takes between the contract's types and the nouns: fields that may be absent, lists, pages.
//
// It may open app/postgres, for the page that a list is asked for; what a noun looks like to a caller stays in each room's own view.go.
// Start reading here.
package view

import "budstikke.example/app/postgres"

// Value returns what p points at; the zero value when the field was left out.
func Value[T any](p *T) T {
	var zero T
	if p == nil {
		return zero
	}
	return *p
}

// Optional returns a field that is left out when s is empty.
func Optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// Each returns what each row of a list looks like. It is never nil, so that an empty list is [] and not null.
func Each[A, B any](list []A, look func(A) B) []B {
	out := make([]B, len(list))
	for i, a := range list {
		out[i] = look(a)
	}
	return out
}

// Page returns the part of a list that a request asks for.
func Page(cursor *string, limit *int) postgres.Page {
	return postgres.Page{Cursor: Value(cursor), Size: Value(limit)}
}
