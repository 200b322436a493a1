//go:build !chaos

package boot

import "time"

// Clock is the clock of the process: the machine's.
func Clock() func() time.Time { return time.Now }
