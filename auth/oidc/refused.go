package oidc

import (
	"errors"
	"net/http"

	"golang.org/x/oauth2"
)

// Reason says why a sign-in came to nothing, in words that the app may show a picture for.
type Reason string

// The reasons. Guidance has a text for each.
const (
	Denied      Reason = "denied"       // the person said no, or closed the page
	TooWeak     Reason = "too_weak"     // signed in less strongly than is asked for
	TooLongAgo  Reason = "too_long_ago" // signed in at the provider too long ago
	NotAllowed  Reason = "not_allowed"  // not of the kind or group that may use this door
	NotBelieved Reason = "not_believed" // an answer that does not fit what was asked, or is not authentic
	Unavailable Reason = "unavailable"  // the provider does not answer, or says that it cannot
)

// Refused is why a sign-in with a provider came to nothing.
type Refused struct {
	Reason Reason
	// Detail is for the log of whoever runs this. It never repeats what a provider or a browser sent.
	Detail string
}

// Error names reason and detail.
func (r *Refused) Error() string { return "oidc: " + string(r.Reason) + ": " + r.Detail }

func refuse(reason Reason, detail string) *Refused { return &Refused{reason, detail} }

// told turns the word that a provider sends instead of a code into a reason. The word itself is dropped: a browser may have made it up.
func told(word string) *Refused {
	switch word {
	case "access_denied", "login_required", "interaction_required", "consent_required", "account_selection_required":
		return refuse(Denied, "the provider says that the person did not go through with it")
	case "unmet_authentication_requirements":
		return refuse(TooWeak, "the provider cannot let this person sign in strongly enough")
	case "server_error", "temporarily_unavailable":
		return refuse(Unavailable, "the provider says that it cannot at the moment")
	case "invalid_request", "unauthorized_client", "unsupported_response_type", "invalid_scope", "invalid_request_uri", "request_not_supported":
		return refuse(Unavailable, "the provider does not take our request: look at its settings for this client")
	}
	return refuse(NotBelieved, "the provider answers with a word that is not known")
}

// exchangeFailed says why no token came for a code.
func exchangeFailed(err error) *Refused {
	var answered *oauth2.RetrieveError
	if !errors.As(err, &answered) || answered.Response == nil {
		return refuse(Unavailable, "the provider gives no answer to the code that could be read")
	}
	switch {
	case answered.ErrorCode == "invalid_grant":
		return refuse(NotBelieved, "the provider does not take the code")
	case answered.ErrorCode == "invalid_client" || answered.Response.StatusCode == http.StatusUnauthorized:
		return refuse(Unavailable, "the provider does not let this client in: look at its secret or key")
	case answered.Response.StatusCode >= http.StatusInternalServerError:
		return refuse(Unavailable, "the provider says that it cannot at the moment")
	case answered.Response.StatusCode >= http.StatusMultipleChoices && answered.Response.StatusCode < http.StatusBadRequest:
		return refuse(NotBelieved, "the provider sends us elsewhere with the code")
	}
	return refuse(NotBelieved, "the provider answers to the code with something else than tokens")
}
