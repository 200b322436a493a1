package worker_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
	"budstikke.example/notify/sandbox"
	"budstikke.example/notify/sms"
	"budstikke.example/notify/worker"
)

const mobile = "+46701740605"

// network is a rig whose only guardian has a mobile number, at a provider that speaks Twilio's protocol and knows no address of ours to report to.
func network(t *testing.T) (*rig, *sandbox.Sandbox, worker.Config) {
	t.Helper()
	r := newRig(t, 1)
	s, err := sandbox.Start(t.Context(), sandbox.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	with := s.Credentials().Twilio
	sender, err := sms.New(sms.Config{BaseURL: s.Addresses().Twilio, AccountSID: with.AccountSID, Password: with.AuthToken, From: with.From})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sender.Close(context.Background()) })
	r.endpoint(t, r.guardians[0], notify.ProviderTwilio, mobile)
	c := r.config()
	c.SMS, c.ReceiptsEvery = sender, 20*time.Millisecond
	c.Render = func(d notify.Delivery) (notify.Words, error) {
		return notify.Words{Title: "There is something to look at", Text: "Open https://budstikke.example/open/" + d.Subject.String()}, nil
	}
	return r, s, c
}

// loseAnswers lets the provider take the next n messages and break the connection before it says so.
func loseAnswers(t *testing.T, s *sandbox.Sandbox, n int) {
	t.Helper()
	if err := s.AddFault(sandbox.Twilio, sandbox.Fault{Mode: sandbox.ModeDropAfterAccept, Count: n}); err != nil {
		t.Fatal(err)
	}
}

func (r *rig) texts(t *testing.T, state outbox.State) int {
	t.Helper()
	return r.count(t, `select count(*) from notify.deliveries where channel = 'sms' and state = $1`, string(state))
}

// A critical SMS without an answer is sent again at once and counted; from then on nothing is sent before the provider was asked (B2, B3).
func TestLostAnswersOfAnSMS(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name              string
		lost, sent, count int
	}{
		{"once: sent again at once", 1, 2, 1},
		{"twice: found the third time", 2, 2, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r, s, config := network(t)
			loseAnswers(t, s, c.lost)
			r.raise(t, r.everybody())
			r.start(t, config)
			eventually(t, "the SMS to be settled", func() bool { return r.texts(t, outbox.StateSent) == 1 })
			if got := s.Deliveries(sandbox.To(mobile)); len(got) != c.sent {
				t.Errorf("%d SMS arrived, want %d", len(got), c.sent)
			}
			if n := r.count(t, `select possible_duplicates from notify.deliveries where channel = 'sms'`); n != c.count {
				t.Errorf("%d possible duplicates, want %d", n, c.count)
			}
			if n := r.count(t, `select count(*) from notify.deliveries where channel = 'sms' and provider_message_id like 'SM%'`); n != 1 {
				t.Error("the provider's id of the SMS is not kept")
			}
		})
	}
}

// What an operator replays can wait for the question: an SMS that the provider took, and whose answer was lost, is not sent twice.
func TestReplayedSMSIsLookedForFirst(t *testing.T) {
	t.Parallel()
	r, s, config := network(t)
	config.Terms.MaxAttempts = func(notify.Urgency) int { return 1 }
	loseAnswers(t, s, 1)
	r.raise(t, r.everybody())
	r.start(t, config)
	eventually(t, "the only attempt to be settled", func() bool { return r.texts(t, outbox.StateDead) == 1 })
	r.replay(t)
	eventually(t, "the SMS to be settled", func() bool { return r.texts(t, outbox.StateSent) == 1 })
	if got := s.Deliveries(sandbox.To(mobile)); len(got) != 1 {
		t.Errorf("%d SMS arrived, want the first alone", len(got))
	}
}

// One that the provider never took is sent when it is replayed, and one that it says has failed is sent again.
func TestReplayedSMSThatNeverLeft(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]sandbox.Fault{
		"not taken": {Mode: sandbox.ModeReset, Count: 1},
		"refused":   {Mode: "400", Count: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, s, config := network(t)
			config.Terms.MaxAttempts = func(notify.Urgency) int { return 1 }
			if err := s.AddFault(sandbox.Twilio, fault); err != nil {
				t.Fatal(err)
			}
			r.raise(t, r.everybody())
			r.start(t, config)
			eventually(t, "the only attempt to be settled", func() bool { return r.texts(t, outbox.StateDead) == 1 })
			r.replay(t)
			eventually(t, "the SMS to be settled", func() bool { return r.texts(t, outbox.StateSent) == 1 })
			if got := s.Deliveries(sandbox.To(mobile)); len(got) != 1 {
				t.Errorf("%d SMS arrived, want 1", len(got))
			}
		})
	}
}

// replay lets the dead leave once more, as budstikke admin outbox replay does.
func (r *rig) replay(t *testing.T) {
	t.Helper()
	var id uuid.UUID
	if err := r.Admin.QueryRow(context.Background(), `select id from notify.deliveries where channel = 'sms' and state = 'dead'`).Scan(&id); err != nil {
		t.Fatal(err)
	}
	err := r.API.WithScope(scope.ByProgram(context.Background()), scope.Of(r.municipality, scope.Auditor), func(tx *scope.Tx) error {
		_, err := outbox.Replay(context.Background(), tx, []uuid.UUID{id})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A receipt that comes while an SMS waits for its next attempt says that the provider has it: nothing is sent again (B3).
func TestReceiptOfALostAnswer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		receipt outbox.ReceiptStatus
		sent    int
	}{{outbox.ReceiptSent, 1}, {outbox.ReceiptDelivered, 1}, {outbox.ReceiptUndelivered, 2}} {
		t.Run(string(c.receipt), func(t *testing.T) {
			t.Parallel()
			r, s, config := network(t)
			// A critical one leaves again at once; here it waits until the receipt is there.
			r.exec(t, `create function notify.later() returns trigger language plpgsql as $$ begin new.next_at := now() + interval '1 hour'; return new; end $$`)
			r.exec(t, `create trigger later before insert on notify.parcels for each row when (new.provider = 'twilio' and new.attempt > 0) execute function notify.later()`)
			loseAnswers(t, s, 1)
			r.raise(t, r.everybody())
			r.start(t, config)
			eventually(t, "the SMS to wait", func() bool { return r.texts(t, outbox.StateRetry) == 1 })
			err := r.API.WithScope(context.Background(), scope.Of(r.municipality, scope.Machine), func(tx *scope.Tx) error {
				var id uuid.UUID
				if err := r.Admin.QueryRow(context.Background(), `select id from notify.deliveries where channel = 'sms'`).Scan(&id); err != nil {
					return err
				}
				_, err := outbox.Receipt(context.Background(), tx, id, c.receipt)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			r.exec(t, `update notify.parcels set next_at = now() where provider = 'twilio'`)
			eventually(t, "the SMS to be settled", func() bool { return r.texts(t, outbox.StateSent) == 1 })
			if got := s.Deliveries(sandbox.To(mobile)); len(got) != c.sent {
				t.Errorf("%d SMS arrived, want %d", len(got), c.sent)
			}
		})
	}
}

// An SMS whose end no call has told is asked after when a minute has passed, and no more when its end is known (B2).
func TestSMSWithoutACallIsAskedAfter(t *testing.T) {
	t.Parallel()
	r, _, config := network(t)
	r.raise(t, r.everybody())
	r.start(t, config)
	eventually(t, "the SMS to be taken", func() bool { return r.texts(t, outbox.StateSent) == 1 })
	if n := r.count(t, `select count(*) from notify.awaited_receipts a join notify.deliveries d on d.id = a.delivery_id
		where a.ask_at between d.settled_at + interval '59 seconds' and d.settled_at + interval '61 seconds' and asked = 0`); n != 1 {
		t.Fatalf("%d SMS are to be asked after in a minute, want 1", n)
	}
	eventually(t, "the end to be known", func() bool {
		r.exec(t, `update notify.awaited_receipts set ask_at = now(), asked = 0`) // a minute passes
		return r.count(t, `select count(*) from notify.deliveries where receipt = 'delivered'`) == 1
	})
	eventually(t, "nobody to ask any more", func() bool { return r.count(t, `select count(*) from notify.awaited_receipts`) == 0 })
}

// mute takes every SMS and never says what became of one.
type mute struct{ asked atomic.Int64 }

// Send implements worker.Texter.
func (m *mute) Send(context.Context, notify.SMS) notify.Result {
	return notify.Result{Outcome: notify.Accepted, ProviderID: "SM" + strings.ReplaceAll(uuid.NewString(), "-", "")}
}

// Taken implements worker.Asker.
func (m *mute) Taken(context.Context, notify.SMS, time.Time) ([]string, error) {
	return nil, sms.ErrNoAnswer
}

// Status implements worker.Asker.
func (m *mute) Status(context.Context, string) (string, error) {
	m.asked.Add(1)
	return "", sms.ErrNoAnswer
}

// While the provider does not answer, only an SMS that it was asked about has one question less: an outage of its answers must not end the asking after those
// that came up with it (B2).
func TestWhatWasNotAskedAfterIsAskedLater(t *testing.T) {
	t.Parallel()
	const texts = 5
	r := newRig(t, texts)
	for i, g := range r.guardians {
		r.endpoint(t, g, notify.ProviderTwilio, fmt.Sprintf("+4670174060%d", i))
	}
	m := &mute{}
	c := r.config()
	c.SMS, c.ReceiptsEvery = m, 20*time.Millisecond
	r.raise(t, r.everybody())
	r.start(t, c)
	eventually(t, "the SMS to be taken", func() bool { return r.texts(t, outbox.StateSent) == texts })
	r.exec(t, `update notify.awaited_receipts set ask_at = now()`) // a minute passes
	eventually(t, "only what was asked after to be counted", func() bool {
		counted := r.count(t, `select sum(asked) from notify.awaited_receipts`)
		return counted > 0 && int64(counted) == m.asked.Load() &&
			r.count(t, `select count(*) from notify.awaited_receipts where ask_at > now() + interval '50 seconds'`) == texts
	})
}
