package render

import (
	"sync"

	"github.com/google/uuid"

	"budstikke.example/notify"
)

// An alert says the same to everybody who reads the same language on the same channel: it is put into words once, and not twenty thousand times. Nothing in
// the words tells whom they go to (B1), or they are not kept: see Render.
type text struct {
	key
	subject   uuid.UUID
	publicURL string
}

// written are texts put into words lately.
var written = struct {
	sync.RWMutex
	words map[text]notify.Words
}{words: map[text]notify.Words{}}

// writtenMost bounds what is kept. It is more than the languages and channels of all alerts under way at a time.
const writtenMost = 256

// again answers words that were made before, and makes and keeps them where they were not.
func again(t text, words func() (notify.Words, error)) (notify.Words, error) {
	written.RLock()
	known, ok := written.words[t]
	written.RUnlock()
	if ok {
		return known, nil
	}
	made, err := words()
	if err != nil {
		return notify.Words{}, err
	}
	written.Lock()
	defer written.Unlock()
	if len(written.words) >= writtenMost {
		clear(written.words)
	}
	written.words[t] = made
	return made, nil
}
