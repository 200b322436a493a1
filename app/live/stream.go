package live

import (
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app/postgres"
)

const (
	// waiting is how many bytes may wait for a client that does not read; a stream with more ends, and its client comes back and reads the lists.
	waiting = 32 << 10
	// writeTime is how long one write to a client may take, lastWrite how long when the stream has ended.
	writeTime, lastWrite = 5 * time.Second, 200 * time.Millisecond
	// remembered is how long a notice that was told is remembered: twice as long as it is answered with.
	remembered = 30 * time.Second
)

// opening asks a client that is cut off to wait before it comes back, and gives it something to read at once.
const opening = "retry: 2000\n: you are listening\n\n"

// Stream is one open stream, as the text of server-sent events. It is read by one goroutine; the end of it is io.EOF. Whoever reads it must
// close it.
//
// It is an error so that a flow can return it: the rim answers with it, as it answers with a fault.
type Stream struct {
	hub   *Hub
	ear   postgres.Ear
	until time.Time
	wake  chan struct{} // something has changed

	mu       sync.Mutex
	access   string                  // what the access came down to when the stream began
	told     map[uuid.UUID]time.Time // the notices that were told, or were there before
	text     []byte                  // what is to be written
	ended    bool
	asked    time.Time             // when the last question that was answered began
	overdue  *time.Timer           // ends the stream when the next answer does not come in time
	deadline func(time.Time) error // of writing to the client
}

// Error implements error.
func (s *Stream) Error() string { return "live: a stream answers" }

// Bind says how the deadline of writing to the client is set. It is set anew for each write, and shortened when the stream ends.
func (s *Stream) Bind(deadline func(time.Time) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deadline = deadline
}

// Read implements io.Reader: it waits for something to tell, and beats when there has been nothing for a while.
func (s *Stream) Read(p []byte) (int, error) {
	for {
		if n, err := s.take(p); n > 0 || err != nil {
			return n, err
		}
		beat := time.NewTimer(min(s.hub.config.Heartbeat, time.Until(s.until)))
		select {
		case <-s.wake:
		case <-beat.C:
			s.beat()
		}
		beat.Stop()
	}
}

// Close ends the stream.
func (s *Stream) Close() error {
	s.end()
	return nil
}

// take moves what is to be written into p.
func (s *Stream) take(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return 0, io.EOF
	}
	n := copy(p, s.text)
	s.text = s.text[n:]
	if n > 0 && s.deadline != nil {
		_ = s.deadline(time.Now().Add(writeTime)) // a connection that cannot be told a deadline cannot be written to either
	}
	return n, nil
}

// begin takes over what is known already, which is not told.
func (s *Stream) begin(heard postgres.Heard, asked time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return
	}
	s.asked, s.overdue = asked, time.AfterFunc(time.Until(asked.Add(unasked)), s.end)
	s.access = heard.Access
	for _, n := range heard.News {
		s.told[n.ID] = time.Now()
	}
	s.text = append(s.text, opening...)
}

// hear tells what is new, or ends the stream: when it is over, when what the listener may see has changed, when there is more than one question
// can answer with, or when nobody reads.
func (s *Stream) hear(heard postgres.Heard, asked time.Time) {
	if heard.Over || !s.tell(heard, asked) || time.Now().After(s.until) {
		s.end()
	}
}

// tell adds what is new to what is to be written; false when the stream cannot go on.
func (s *Stream) tell(heard postgres.Heard, asked time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.access == "" || s.ended {
		return true // it is being opened, or over
	}
	if heard.Access != s.access || len(heard.News) >= postgres.MostNews {
		return false
	}
	now := time.Now()
	for id, at := range s.told {
		if now.Sub(at) > remembered {
			delete(s.told, id)
		}
	}
	for _, n := range heard.News {
		_, already := s.told[n.ID]
		s.told[n.ID] = now
		if !already {
			s.text = append(s.text, event(n)...)
		}
	}
	if len(s.text) > waiting {
		return false
	}
	s.asked = asked
	s.overdue.Reset(time.Until(asked.Add(unasked)))
	s.rouse()
	return true
}

// lastAsked is when the last question about the stream that was answered began; the zero time while it is being opened.
func (s *Stream) lastAsked() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// beat writes a line that says nothing, or ends a stream that has lasted long enough.
func (s *Stream) beat() {
	if !time.Now().Before(s.until) {
		s.end()
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text = append(s.text, ":\n\n"...)
}

// end ends the stream at once: what was not written yet is not written any more (V15), and a client that does not read is not waited for.
func (s *Stream) end() {
	s.hub.leave(s)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return
	}
	s.ended, s.text = true, nil
	if s.overdue != nil {
		s.overdue.Stop()
	}
	if s.deadline != nil {
		_ = s.deadline(time.Now().Add(lastWrite))
	}
	s.rouse()
}

// rouse wakes whoever reads; the lock is held.
func (s *Stream) rouse() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// event is one event of a stream: a notice, as the lists of notices have it.
func event(n postgres.News) []byte {
	data, err := json.Marshal(struct {
		ID        uuid.UUID `json:"id"`
		Kind      string    `json:"kind"`
		SubjectID uuid.UUID `json:"subjectId"`
		CreatedAt time.Time `json:"createdAt"`
	}{n.ID, n.Kind, n.Subject, n.At})
	if err != nil { // ids, a word and a moment: cannot happen
		return nil
	}
	return fmt.Appendf(nil, "event: notice\ndata: %s\n\n", data)
}
