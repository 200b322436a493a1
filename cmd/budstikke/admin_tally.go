package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"budstikke.example/cmd/budstikke/internal/deadletter"
	"budstikke.example/notify/outbox"
)

// tally counts what came of a replay or a park, so that the exit code tells a script whether anything did.
type tally struct {
	word       string // the answer of those that did
	each       func(outbox.Answer) error
	asked, did int
}

func (y *tally) answer(a outbox.Answer) error {
	y.asked++
	if a.Answer == y.word {
		y.did++
	}
	return y.each(a)
}

// end says where nothing was chosen, or more may be, which is no error, and fails where something was and none of it did.
func (y *tally) end(t terminal, all bool, most int) error {
	if all {
		hintMore(t, y.asked, most)
	}
	switch {
	case y.asked == 0 && all:
		fmt.Fprintln(t.err, "nothing is chosen by these options; budstikke admin outbox list shows what there is")
	case y.did == 0:
		return fmt.Errorf("nothing was %s; each answer says why", y.word)
	}
	return nil
}

func said(t terminal, asJSON bool) func(outbox.Answer) error {
	return func(a outbox.Answer) error {
		if asJSON {
			return json.NewEncoder(t.out).Encode(a)
		}
		_, err := fmt.Fprintln(t.out, strings.Join([]string{a.Delivery.String(), a.Answer, deadletter.Meaning(a.Answer)}, "\t"))
		return err
	}
}
