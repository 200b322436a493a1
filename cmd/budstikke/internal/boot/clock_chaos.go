//go:build chaos

package boot

import (
	"os"
	"time"
)

// Clock is the clock of the process, set apart from the machine's by CHAOS_CLOCK, a duration such as -5m. Only the crash suite builds this: a program
// that is linked statically cannot be lied to about the time from outside.
func Clock() func() time.Time {
	apart, err := time.ParseDuration(os.Getenv("CHAOS_CLOCK"))
	if err != nil {
		return time.Now
	}
	return func() time.Time { return time.Now().Add(apart) }
}
