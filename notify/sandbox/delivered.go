package sandbox

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Channel is how a notice reaches a person.
type Channel string

// The channels.
const (
	Push  Channel = "push"
	SMS   Channel = "sms"
	Email Channel = "email"
)

// Delivered is one message that a provider accepted for one receiver, as the receiver would see it.
type Delivered struct {
	// Seq counts up by one per accepted message, from 1, over all providers.
	Seq      uint64    `json:"seq"`
	Provider Provider  `json:"provider"`
	Channel  Channel   `json:"channel"`
	At       time.Time `json:"at"`
	// To is the device token, the web push endpoint, the phone number or the mail address.
	To string `json:"to"`
	// ID is the provider's name for it: apns-id, FCM message name, message SID, Message-ID.
	ID string `json:"id"`
	// Key is what makes a second copy a duplicate for the same receiver: apns-id, FCM collapse key or notification tag, web push Topic, Message-ID.
	// Where the sender gave nothing of the kind it is a hash of the content.
	Key string `json:"key"`
	// Unanswered says that the provider took it but the sender never got a proper answer (drop_after_accept, accept_then_500, hang_after_accept).
	Unanswered bool `json:"unanswered,omitempty"`
	// Peer is the address that the sender's connection came from. With the local ports of a process it tells which of several senders it was.
	Peer string `json:"peer,omitempty"`
	// From is the sender as the receiver sees it: app, number or mailbox.
	From string `json:"from,omitempty"`
	// Title is the push title or the mail subject.
	Title string `json:"title,omitempty"`
	// Body is the text: push body, SMS text, plain text part of a mail.
	Body string `json:"body,omitempty"`
	// HTML is the HTML part of a mail.
	HTML string `json:"html,omitempty"`
	// Headers holds what matters of the protocol's headers and options, by the provider's own names.
	Headers Headers `json:"headers,omitempty"`
	// Raw is the payload as it came; for web push it is the decrypted text once that was possible.
	Raw []byte `json:"raw,omitempty"`
}

// Header is one header or option of a message.
type Header struct{ Name, Value string }

// Headers are a message's headers in the order in which they were noted.
type Headers []Header

// Get returns the first value of that name, without regard to case, or "".
func (h Headers) Get(name string) string {
	for _, e := range h {
		if strings.EqualFold(e.Name, name) {
			return e.Value
		}
	}
	return ""
}

// MarshalJSON writes the headers as one JSON object.
func (h Headers) MarshalJSON() ([]byte, error) {
	m := make(map[string]string, len(h))
	for _, e := range h {
		if _, taken := m[e.Name]; !taken {
			m[e.Name] = e.Value
		}
	}
	return json.Marshal(m)
}

// UnmarshalJSON reads what MarshalJSON wrote; the order is by name.
func (h *Headers) UnmarshalJSON(body []byte) error {
	var m map[string]string
	if err := json.Unmarshal(body, &m); err != nil {
		return err
	}
	*h = (*h)[:0]
	for name, value := range m {
		*h = append(*h, Header{name, value})
	}
	slices.SortFunc(*h, func(a, b Header) int { return strings.Compare(a.Name, b.Name) })
	return nil
}

// Match says whether a delivery is wanted. A nil Match wants all.
type Match func(Delivered) bool

// To wants what went to one receiver; mail addresses are compared without regard to case.
func To(receiver string) Match {
	return func(d Delivered) bool { return strings.EqualFold(d.To, receiver) }
}

// On wants what went over one channel.
func On(c Channel) Match { return func(d Delivered) bool { return d.Channel == c } }

// Via wants what one provider accepted.
func Via(p Provider) Match { return func(d Delivered) bool { return d.Provider == p } }

// After wants what came after a sequence number, see [Sandbox.LastSeq].
func After(seq uint64) Match { return func(d Delivered) bool { return d.Seq > seq } }

// All wants what every one of the given matches wants.
func All(matches ...Match) Match {
	return func(d Delivered) bool {
		for _, m := range matches {
			if m != nil && !m(d) {
				return false
			}
		}
		return true
	}
}

// Deliveries returns the kept deliveries that match, oldest first.
func (s *Sandbox) Deliveries(match Match) []Delivered { return s.journal.find(match, 0) }

// Wait returns as soon as n deliveries that match are in the journal, counting those already there, oldest first. It returns what is there
// together with an error that says how many were seen when ctx ends or the sandbox stops before. match runs under the journal's lock: it must
// be quick and must not call the sandbox.
func (s *Sandbox) Wait(ctx context.Context, n int, match Match) ([]Delivered, error) {
	return s.journal.wait(ctx, s.done, n, match)
}

// LastSeq returns the sequence number of the newest delivery, 0 when there is none.
func (s *Sandbox) LastSeq() uint64 { return s.journal.lastSeq() }

// Stats counts the kept deliveries per provider, see [Tally].
func (s *Sandbox) Stats() map[Provider]Tally { return s.journal.tally() }

// Duplicates returns what receivers got more than once, most often first.
func (s *Sandbox) Duplicates() []Duplicate { return s.journal.duplicates() }

// ClearJournal forgets all deliveries and totals. Sequence numbers go on counting.
func (s *Sandbox) ClearJournal() { s.journal.clear() }

// Tally counts one provider's deliveries.
type Tally struct {
	// Accepted counts everything since the start or the last ClearJournal, also what the journal no longer keeps.
	Accepted uint64 `json:"accepted"`
	// Kept is how many of them the journal still holds; the counts below are over these.
	Kept int `json:"kept"`
	// Receivers is the number of distinct receivers.
	Receivers int `json:"receivers"`
	// Duplicates is the number of deliveries beyond the first of the same key to the same receiver.
	Duplicates int `json:"duplicates"`
	// Unanswered is how many were accepted without a proper answer.
	Unanswered int `json:"unanswered"`
	// First and Last are when the first and the last kept delivery were accepted.
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
}

// Duplicate is a message that one receiver got more than once.
type Duplicate struct {
	Provider Provider `json:"provider"`
	To       string   `json:"to"`
	Key      string   `json:"key"`
	Count    int      `json:"count"`
}
