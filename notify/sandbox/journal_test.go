package sandbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"budstikke.example/notify/sandbox"
)

func TestJournalIsBoundedAndTotalsAreNot(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{JournalLimit: 3})
	client := apple(t, s)
	for i := range 5 {
		if _, err := client.Push(notification(s, deviceToken(i))); err != nil {
			t.Fatal(err)
		}
	}
	got := s.Deliveries(nil)
	if len(got) != 3 || got[0].Seq != 3 || got[2].Seq != 5 || got[2].To != deviceToken(4) {
		t.Errorf("kept %+v", got)
	}
	if n := s.Stats()[sandbox.APNs]; n.Accepted != 5 || n.Kept != 3 || n.Receivers != 3 {
		t.Errorf("stats %+v", n)
	}
	s.ClearJournal()
	if s.LastSeq() != 5 || len(s.Deliveries(nil)) != 0 || len(s.Stats()) != 0 {
		t.Errorf("after clearing: seq %d, %v", s.LastSeq(), s.Stats())
	}
}

func TestJournalIsBoundedByBytes(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{JournalBytes: 5000})
	client := apple(t, s)
	for i := range 5 {
		n := notification(s, deviceToken(i))
		n.Payload = sized(2000)
		if _, err := client.Push(n); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.Deliveries(nil); len(got) != 2 {
		t.Errorf("kept %d of 2000 bytes each", len(got))
	}
}

func TestWaitReturnsWhenEnoughHasCome(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	client := apple(t, s)
	if _, err := client.Push(notification(s, deviceToken(1))); err != nil {
		t.Fatal(err)
	}
	wanted := sandbox.All(sandbox.On(sandbox.Push), sandbox.To(deviceToken(1)))
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			got, err := s.Wait(within(t, 10*time.Second), 3, wanted)
			if err != nil || len(got) < 3 {
				t.Errorf("got %d, %v", len(got), err)
			}
		})
	}
	for _, to := range []int{2, 1, 1} {
		if _, err := client.Push(notification(s, deviceToken(to))); err != nil {
			t.Fatal(err)
		}
	}
	wg.Wait()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := s.Wait(ctx, 4, wanted); err == nil || len(got) != 3 {
		t.Errorf("cancelled: %d, %v", len(got), err)
	}
	if got := s.Deliveries(sandbox.After(3)); len(got) != 1 {
		t.Errorf("after 3: %d", len(got))
	}
}

func TestDuplicatesAreCountedPerReceiver(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	client := apple(t, s)
	for _, to := range []int{1, 1, 1, 2} { // the same apns-id to two devices is no duplicate
		if _, err := client.Push(notification(s, deviceToken(to))); err != nil {
			t.Fatal(err)
		}
	}
	want := sandbox.Duplicate{Provider: sandbox.APNs, To: deviceToken(1), Key: apnsID, Count: 3}
	if got := s.Duplicates(); len(got) != 1 || got[0] != want {
		t.Errorf("got %+v", got)
	}
	if n := s.Stats()[sandbox.APNs]; n.Duplicates != 2 || n.Receivers != 2 {
		t.Errorf("stats %+v", n)
	}
}

func TestFaultRatesAreRepeatable(t *testing.T) {
	t.Parallel()
	outcomes := func(seed uint64) string {
		s := start(t, sandbox.Config{Seed: seed})
		fault(t, s, sandbox.APNs, sandbox.Fault{Mode: "503", Rate: 0.5})
		client := apple(t, s)
		out := ""
		for range 40 {
			res, err := client.Push(notification(s, deviceToken(1)))
			if err != nil {
				t.Fatal(err)
			}
			out += fmt.Sprint(res.StatusCode) + " "
		}
		return out
	}
	first := outcomes(7)
	if second := outcomes(7); second != first {
		t.Errorf("the same seed gave\n%s and\n%s", first, second)
	}
	if other := outcomes(8); other == first {
		t.Errorf("another seed gave the same")
	}
}

func TestFaultsAreChecked(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	for _, tt := range []struct {
		p sandbox.Provider
		f sandbox.Fault
	}{
		{"pigeon", sandbox.Fault{Mode: "500"}},
		{sandbox.APNs, sandbox.Fault{Mode: "explode"}},
		{sandbox.APNs, sandbox.Fault{Mode: "200"}},
		{sandbox.SMTP, sandbox.Fault{Mode: sandbox.ModeGoAway}},
		{sandbox.APNs, sandbox.Fault{Mode: "500", Rate: 2}},
		{sandbox.APNs, sandbox.Fault{Mode: "421", After: 3}},
		{sandbox.APNs, sandbox.Fault{Mode: "500", Count: -1}},
	} {
		if err := s.AddFault(tt.p, tt.f); err == nil {
			t.Errorf("%s %+v was accepted", tt.p, tt.f)
		}
	}
	fault(t, s, sandbox.APNs, sandbox.Fault{Mode: "500", Match: deviceToken(0)[:60] + "*", Count: 3})
	if res, err := apple(t, s).Push(notification(s, deviceToken(1))); err != nil || res.StatusCode != 500 {
		t.Errorf("by prefix: %+v, %v", res, err)
	}
	if got := s.Faults()[sandbox.APNs]; len(got) != 1 || got[0].Count != 2 {
		t.Errorf("left: %+v", got)
	}
	s.ClearFaults(sandbox.APNs)
	if got := s.Faults(); len(got) != 0 {
		t.Errorf("after clearing: %+v", got)
	}
}

func TestLatencyHoldsAnswersBack(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	s.SetLatency(sandbox.APNs, 80*time.Millisecond)
	began := time.Now()
	if res, err := apple(t, s).Push(notification(s, deviceToken(1))); err != nil || !res.Sent() {
		t.Fatalf("%+v, %v", res, err)
	}
	if took := time.Since(began); took < 80*time.Millisecond {
		t.Errorf("answered after %v", took)
	}
}

func TestRunWritesAManifest(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sandbox.json")
	if _, err := sandbox.ReadManifest(path); !os.IsNotExist(unwrapAll(err)) {
		t.Errorf("before the start: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	began := make(chan sandbox.Manifest, 1)
	go func() {
		ended <- sandbox.Run(ctx, sandbox.Config{ManifestPath: path, Ready: func(m sandbox.Manifest) { began <- m }})
	}()
	var told sandbox.Manifest
	select {
	case told = <-began:
	case err := <-ended:
		t.Fatal(err)
	}
	m, err := sandbox.ReadManifest(path)
	if err != nil {
		t.Fatal(err)
	}
	a, _ := json.Marshal(m)
	b, _ := json.Marshal(told)
	if string(a) != string(b) || m.Addresses.APNs == "" || m.Credentials.APNs.KeyP8 == "" || len(m.Credentials.BankID.PKCS12) == 0 {
		t.Errorf("read %s, told %s", a, b)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the manifest is still there: %v", err)
	}
}

func unwrapAll(err error) error {
	for {
		inner, ok := err.(interface{ Unwrap() error })
		if !ok || os.IsNotExist(err) {
			return err
		}
		err = inner.Unwrap()
	}
}

func TestStartFailsOnATakenPort(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	var port int
	if _, err := fmt.Sscanf(s.Addresses().Control, "http://127.0.0.1:%d", &port); err != nil {
		t.Fatal(err)
	}
	if other, err := sandbox.Start(t.Context(), sandbox.Config{Ports: sandbox.Ports{Control: port}}); err == nil {
		_ = other.Close()
		t.Error("two sandboxes share a port")
	}
}
