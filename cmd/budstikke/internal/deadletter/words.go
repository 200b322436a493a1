package deadletter

import "regexp"

// words say what an answer or a reason means to whoever reads it in the night, and what to do.
var words = map[string]string{
	"replayed":            "it leaves within seconds, if its receiver may still be told",
	"parked":              "it does not leave; replay undoes that",
	"not_found":           "no such delivery in this municipality",
	"on_its_way":          "a worker has it in its hands; look again in a few seconds",
	"too_late":            "its event is over: raise or write it anew",
	"endpoint_gone":       "the device, number or address was retired; whoever has it registers it again from the app",
	"pending":             "it waits for its first attempt",
	"retry":               "it waits for its next attempt",
	"sent":                "the provider has it",
	"suppressed":          "its receiver may not be told any more; it is never sent (V15)",
	"expired":             "nobody took it before its event was over",
	"dead":                "it ended without being sent",
	"lost_too_often":      "its worker ended, or hung, each time it held this one: look for a crash in the worker's log before you replay it",
	"too_many_attempts":   "the provider took it at none of its attempts: replay it when the provider is well",
	"access_ended":        "whoever it was for has no access any more (V15)",
	"endpoint_not_active": "what it was to go to had been retired or never confirmed",
	"unsubscribed":        "its receiver wants no routine mail at this address",
	"other_key":           "the browser subscribed with another key than ours: its owner opens the app; if it is so of all, see EndpointsOfAnotherKey in docs/runbooks.md",
	"not_authorized":      "the browser's push service refuses this subscription and does not say why, most often because it is old or made with another key",
	"SENDER_ID_MISMATCH":  "the device registered with another Firebase project than ours; if it is so of all, see EndpointsOfAnotherKey in docs/runbooks.md",
	"over":                "what it was to travel with was damaged, and it had not left: replay it",
	"no_words":            "there is no text for this kind of notice: a binary older than the database?",
	"accepted":            "the provider took it",
	"refused":             "the provider refuses this one for good, and its reason is the provider's own word: look it up there before you replay it",
	"throttled":           "the provider asked us to slow down",
	"unavailable":         "the provider could not take it just then",
	"unknown":             "nobody knows whether the provider took it: its answer was lost",
	"misconfigured":       "the provider refuses our key, certificate or account: see docs/runbooks.md, A provider refuses our key",
	"panic":               "rendering or sending it failed in our own program: see the worker's log",
}

// mailStatus is an enhanced status code of a mail server (RFC 3463).
var mailStatus = regexp.MustCompile(`^[245]\.\d{1,3}\.\d{1,3}$`)

// Meaning explains a reason, an answer, an outcome or a state; "" for a word of a provider's own, unless it is one of mail servers.
func Meaning(word string) string {
	if mailStatus.MatchString(word) {
		return "the mail server's own code (RFC 3463): 5.… refuses for good, 4.… for now; x.1.… is about the address, x.2.… the mailbox, x.7.… a rule, x.0.0 says no more"
	}
	return words[word]
}
