package bankid

import "budstikke.example/auth"

// Hidden is a text that is about a person, or a secret; see auth.Hidden.
type Hidden = auth.Hidden

// Hide makes a text hidden.
func Hide(text string) Hidden { return auth.Hide(text) }
