package proof_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"budstikke.example/auth/password"
	"budstikke.example/auth/proof"
	"budstikke.example/auth/store"
)

// attack is somebody who has bought a list of user names and passwords.
type attack struct {
	pairs, addresses, clients int
	timed                     int // pairs of one existing and one missing user name whose refusals are compared
	hasher                    password.Config
	gap                       time.Duration // the most that their medians may differ; 0 does not hold it, only tells
	rate                      float64       // the most tries a second that may reach the hasher; 0 does not hold it
}

// P10: stolen pairs from many addresses get nobody in, are told at once, and an account that is there is refused like one that is not.
func TestStuffing(t *testing.T) {
	b := setup(t)
	b.proveStaff.Hasher = password.New(stuffing.hasher)
	b.enrol(t)
	var log bytes.Buffer
	b.proveStaff.Log = slog.New(slog.NewJSONHandler(&log, nil)) // the handler takes turns
	began := time.Now()
	var mu sync.Mutex
	hashed, waited := 0, 0
	pairs := make(chan int)
	var group sync.WaitGroup
	for range stuffing.clients {
		group.Add(1)
		go func() {
			defer group.Done()
			for n := range pairs {
				from := netip.AddrFrom4([4]byte{203, 0, byte(n % stuffing.addresses >> 8), byte(n % stuffing.addresses)})
				err := b.prove(proof.Try{Username: fmt.Sprintf("stolen-%d@example.com", n), Password: "hemligt hemligt", Code: "000000", Address: from})
				var soon *store.TooSoonError
				mu.Lock()
				switch {
				case errors.Is(err, proof.ErrRefused):
					hashed++
				case errors.As(err, &soon), errors.Is(err, password.ErrBusy):
					waited++
				default:
					t.Errorf("pair %d: %v", n, err)
				}
				mu.Unlock()
			}
		}()
	}
	for n := range stuffing.pairs {
		pairs <- n
	}
	close(pairs)
	group.Wait()
	took := time.Since(began)
	rate := float64(hashed) / took.Seconds()
	t.Logf("%d pairs from %d addresses in %s: %d reached the hasher (%.0f a second), %d were told to wait",
		stuffing.pairs, stuffing.addresses, took.Round(time.Millisecond), hashed, rate, waited)
	if stuffing.rate > 0 && rate > stuffing.rate {
		t.Errorf("%.0f tries a second reached the hasher, more than %.0f", rate, stuffing.rate)
	}
	if n := strings.Count(log.String(), store.StuffingSuspected); n != 1 {
		t.Errorf("the log tells of it %d times, want once in five minutes", n)
	}

	var existing, missing []time.Duration
	for n := range stuffing.timed {
		for name, list := range map[string]*[]time.Duration{"astrid@example.com": &existing, fmt.Sprintf("nobody-%d@example.com", n): &missing} {
			b.Clock.Advance(store.Quiet + time.Second) // so that the count of the one that is there never makes it wait
			start := time.Now()
			err := b.prove(proof.Try{Username: name, Password: "hemligt hemligt", Code: "000000", Address: netip.AddrFrom4([4]byte{192, 0, 2, byte(n)})})
			*list = append(*list, time.Since(start))
			if !errors.Is(err, proof.ErrRefused) {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
	slices.Sort(existing)
	slices.Sort(missing)
	gap := existing[len(existing)/2] - missing[len(missing)/2]
	t.Logf("refused in %s for a user name that is there and %s for one that is not (medians of %d)",
		existing[len(existing)/2].Round(time.Microsecond), missing[len(missing)/2].Round(time.Microsecond), stuffing.timed)
	if stuffing.gap > 0 && gap.Abs() > stuffing.gap {
		t.Errorf("the medians differ by %s", gap)
	}
}
