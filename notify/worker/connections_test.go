package worker_test

import (
	"context"
	"testing"

	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
	"budstikke.example/notify/push"
	"budstikke.example/notify/sandbox"
	"budstikke.example/notify/worker"
)

// B3: a provider that cuts a connection now and then, with all that is on its way, is no provider that is away: its breaker stays shut, and everybody is
// told, some of them twice by the same id.
func TestCutConnectionsAreNoOutage(t *testing.T) {
	t.Parallel()
	const people = 300
	r := newRig(t, people)
	r.exec(t, `update notify.endpoints set address = replace(person_id::text || id::text, '-', '')`)
	s, err := sandbox.Start(t.Context(), sandbox.Config{Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	with := s.Credentials().APNs
	apns, err := push.NewAPNs(push.APNsConfig{
		Host: s.Addresses().APNs, Key: with.KeyP8, KeyID: with.KeyID, TeamID: with.TeamID, Topic: with.Topic, RootCAs: s.Credentials().CertPool(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = apns.Close(context.Background()) })
	for _, f := range []sandbox.Fault{{Mode: sandbox.ModeDropAfterAccept, Rate: 0.02, Count: 12}, {Mode: "503", Rate: 0.02}, {Mode: "429", Rate: 0.02, RetryAfter: 1}} {
		if err := s.AddFault(sandbox.APNs, f); err != nil {
			t.Fatal(err)
		}
	}
	c := r.config()
	c.Push = map[notify.Provider]worker.Pusher{notify.ProviderAPNs: apns}
	w := r.start(t, c)
	r.raise(t, r.everybody())
	eventually(t, "everybody is told", func() bool { return r.pushes(t, outbox.StateSent) == people })
	if got := s.Stats()[sandbox.APNs]; got.Receivers != people {
		t.Errorf("%d of %d phones heard of it", got.Receivers, people)
	}
	if stats := w.Stats(); stats.Broken != 0 || stats.Dead != 0 {
		t.Errorf("the breaker opened %d times, and %d were given up", stats.Broken, stats.Dead)
	}
}
