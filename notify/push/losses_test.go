package push_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/notify"
	"budstikke.example/notify/push"
	"budstikke.example/notify/sandbox"
)

func device() string { return strings.Repeat(strings.ReplaceAll(uuid.NewString(), "-", ""), 2) }

// A connection that is cut takes with it everything that is on its way: nobody knows what became of any of it, and it is one failure, which one of the
// results stands for.
func TestACutConnectionIsOneFailure(t *testing.T) {
	t.Parallel()
	s, err := sandbox.Start(t.Context(), sandbox.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	send := sending(t, s, sandbox.APNs)
	for range 3 { // each time on a new connection
		for range 32 { // a lane that has lost its connection becomes wider answer by answer
			if r := send(t.Context()); r.Outcome != notify.Accepted {
				t.Fatalf("Send = %+v", r)
			}
		}
		s.ClearJournal()
		const waiting = 7
		if err := s.AddFault(sandbox.APNs, sandbox.Fault{Mode: sandbox.ModeHangAfterAccept, Count: waiting}); err != nil {
			t.Fatal(err)
		}
		results := make(chan notify.Result, waiting+1)
		for range waiting {
			go func() { results <- send(context.Background()) }()
		}
		if _, err := s.Wait(t.Context(), waiting, sandbox.Via(sandbox.APNs)); err != nil {
			t.Fatal(err)
		}
		if err := s.AddFault(sandbox.APNs, sandbox.Fault{Mode: sandbox.ModeReset, Count: 1}); err != nil {
			t.Fatal(err)
		}
		results <- send(t.Context())
		shared := 0
		for range waiting + 1 {
			r := <-results
			if r.Outcome != notify.Unknown {
				t.Errorf("Send = %+v, want that nobody knows", r)
			}
			if r.Shared {
				shared++
			}
		}
		if shared != waiting {
			t.Errorf("%d of %d share the failure, want all but one", shared, waiting+1)
		}
	}
}

// Where every request is cut off, each is cut off alone: what shares its fate with others carries one at a time once it has lost its connections, so that nothing
// else is repeated for it (B3), and is wide again when they last.
func TestWhatIsCutCarriesOneAtATime(t *testing.T) {
	t.Parallel()
	for _, at := range []sandbox.Provider{sandbox.APNs, sandbox.FCM} {
		t.Run(string(at), func(t *testing.T) {
			t.Parallel()
			cutOneByOne(t, at)
		})
	}
}

func cutOneByOne(t *testing.T, at sandbox.Provider) {
	s, err := sandbox.Start(t.Context(), sandbox.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	send := sending(t, s, at)
	for range 8 { // cut one by one: from then on it is as narrow as can be
		if err := s.AddFault(at, sandbox.Fault{Mode: sandbox.ModeReset, Count: 1}); err != nil {
			t.Fatal(err)
		}
		if r := send(t.Context()); r.Outcome != notify.Unknown {
			t.Fatalf("Send = %+v, want that nobody knows", r)
		}
	}
	if r := send(t.Context()); r.Outcome != notify.Accepted { // and connected anew
		t.Fatalf("Send = %+v", r)
	}
	// Two may be on their way now: one answer made it wider. What gets no answer makes it no wider.
	for range 2 {
		s.ClearJournal()
		const many = 200
		if err := s.AddFault(at, sandbox.Fault{Mode: sandbox.ModeHangAfterAccept, Count: many}); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		results := make(chan notify.Result, many)
		for range many {
			go func() { results <- send(ctx) }()
		}
		if _, err := s.Wait(t.Context(), 2, sandbox.Via(at)); err != nil {
			t.Fatal(err)
		}
		cancel()
		left := 0
		for range many {
			if r := <-results; r.Outcome == notify.Unknown {
				left++
			}
		}
		if left < 2 || left > many/10 { // while they give up one after the other, somebody's turn may come who has not been told yet
			t.Errorf("%d of %d had left at the same time, want 2", left, many)
		}
		s.ClearFaults(at)
	}
	for range 64 {
		if r := send(t.Context()); r.Outcome != notify.Accepted {
			t.Fatalf("Send = %+v", r)
		}
	}
	s.ClearJournal()
	if err := s.AddFault(at, sandbox.Fault{Mode: sandbox.ModeHangAfterAccept, Count: 20}); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		go send(t.Context())
	}
	if _, err := s.Wait(t.Context(), 20, sandbox.Via(at)); err != nil {
		t.Errorf("it is not wide again: %v", err)
	}
}

// sending sends an alert to a new device each time, over HTTP/2.
func sending(t *testing.T, s *sandbox.Sandbox, at sandbox.Provider) func(context.Context) notify.Result {
	t.Helper()
	with := s.Credentials()
	if at == sandbox.FCM {
		fcm, err := push.NewFCM(push.FCMConfig{ProjectID: with.FCM.ProjectID, Credentials: with.FCM.ServiceAccountJSON, Endpoint: s.Addresses().FCMTLS, RootCAs: with.CertPool()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = fcm.Close(context.Background()) })
		return func(ctx context.Context) notify.Result { return fcm.Send(ctx, alert("fcm-"+device())) }
	}
	apns, err := push.NewAPNs(push.APNsConfig{
		Host: s.Addresses().APNs, Key: with.APNs.KeyP8, KeyID: with.APNs.KeyID, TeamID: with.APNs.TeamID, Topic: with.APNs.Topic, RootCAs: with.CertPool(),
		Clients: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = apns.Close(context.Background()) })
	return func(ctx context.Context) notify.Result { return apns.Send(ctx, alert(device())) }
}

// V15, B14: while only few may be on their way, what waits is given back within half a second, to be asked about anew, without an attempt; and an alert goes first.
func TestWhatWaitsAtANarrowWayIsGivenBack(t *testing.T) {
	t.Parallel()
	for _, at := range []sandbox.Provider{sandbox.APNs, sandbox.FCM} {
		t.Run(string(at), func(t *testing.T) {
			t.Parallel()
			s, err := sandbox.Start(t.Context(), sandbox.Config{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			send := sending(t, s, at)
			for range 2 { // cut twice: one at a time
				if err := s.AddFault(at, sandbox.Fault{Mode: sandbox.ModeReset, Count: 1}); err != nil {
					t.Fatal(err)
				}
				send(t.Context())
			}
			if err := s.AddFault(at, sandbox.Fault{Mode: sandbox.ModeHangAfterAccept, Count: 1}); err != nil {
				t.Fatal(err)
			}
			hung, release := context.WithCancel(t.Context())
			defer release()
			ended := make(chan notify.Result, 1)
			go func() { ended <- send(hung) }()
			if _, err := s.Wait(t.Context(), 1, sandbox.Via(at)); err != nil {
				t.Fatal(err)
			}
			if r := send(t.Context()); r.Outcome != notify.Throttled || !r.Shared || r.Reason != "crowded" {
				t.Errorf("Send = %+v, want it back before the one on its way has ended", r)
			}
			release()
			<-ended
			if got := s.Deliveries(sandbox.Via(at)); len(got) != 1 {
				t.Errorf("%d have left, want the one that hung", len(got))
			}
		})
	}
}
