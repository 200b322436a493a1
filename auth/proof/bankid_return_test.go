package proof_test

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"budstikke.example/auth"
	"budstikke.example/auth/bankid"
	"budstikke.example/auth/proof"
	"budstikke.example/auth/store"
	"budstikke.example/migrations/scope"
	"budstikke.example/notify/sandbox"
)

// sameDevice is a sign-in with BankID on the device that begins.
var sameDevice = proof.Start{Address: device, SameDevice: true, Client: "app"}

// ends counts what follows from orders.
type ends struct{ in, out atomic.Int64 }

func (b *bundle) counting(e *ends) proof.Ends {
	return proof.Ends{
		SignedIn: func(tx *scope.Tx, _ proof.Identity) error { e.in.Add(1); return b.start(tx) },
		Refused:  func(*scope.Tx, proof.Identity) error { e.out.Add(1); return nil },
	}
}

// signedHere begins on the same device and signs. It returns the holder, and the nonce that BankID brings back.
func (b *bundle) signedHere(t *testing.T, s *sandbox.Sandbox, signIn *proof.BankID) (holder, nonce string) {
	t.Helper()
	signIn.Returns = map[string]string{"app": "https://app.example.com/bankid"}
	begun, err := signIn.Begin(b.ctx, b.here, sameDevice)
	must(t, err)
	if begun.QR != "" {
		t.Error("an order for this device can be opened on another one")
	}
	order, err := s.OrderByAutoStart(begun.AutoStartToken)
	must(t, err)
	back, err := url.Parse(order.ReturnURL)
	must(t, err)
	if back.Host != "app.example.com" || back.RawQuery != "" || !strings.HasPrefix(back.Fragment, "nonce=") {
		t.Fatalf("BankID comes back to %s", order.ReturnURL)
	}
	must(t, s.CompleteOrder(order.OrderRef, sandbox.TestPersons()[0]))
	return begun.Holder.Reveal(), strings.TrimPrefix(back.Fragment, "nonce=")
}

// The device that began is the device that ends: whoever sent somebody else the link that opens BankID never gets the nonce.
func TestOnlyWhoComesBackIsSignedIn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s, signIn := b.withSandbox(t)
	holder, nonce := b.signedHere(t, s, signIn)
	var e ends
	for range 3 { // BankID says the end once; it is asked again and again
		got, err := signIn.Collect(b.ctx, ask(holder, "sv"), b.counting(&e))
		if err != nil || got.Status != bankid.Pending || got.Hint != bankid.ReturnExpected || got.QR != "" || got.Text == "" {
			t.Fatalf("before the way back: %+v, %v", got, err)
		}
	}
	if n := b.count(t, "select count(*) from auth.bankid_orders where proved_sealed is not null and risk = 'low'"); n != 1 {
		t.Fatalf("%d orders keep who signed", n)
	}
	if n := b.count(t, "select count(*) from auth.bankid_orders o where o::text like '%198501019809%' or encode(proved_sealed, 'escape') like '%198501019809%'"); n != 0 {
		t.Error("the identity number can be read in the table")
	}
	back := ask(holder, "sv")
	back.Nonce = nonce
	got, err := signIn.Collect(b.ctx, back, b.counting(&e))
	if err != nil || got.Status != bankid.Complete || e.in.Load() != 1 || e.out.Load() != 0 {
		t.Fatalf("after the way back: %+v, %v", got, err)
	}
	if n := b.count(t, "select count(*) from auth.bankid_orders where proved_sealed is not null or told <> ''"); n != 0 {
		t.Error("an order that is over still keeps who signed")
	}
	if _, err := signIn.Collect(b.ctx, back, never(t)); !errors.Is(err, store.ErrNoOrder) {
		t.Errorf("a second time: %v, want ErrNoOrder", err)
	}
}

// Also when the person is back before anybody asked how it stands.
func TestTheWayBackCanBeFirst(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s, signIn := b.withSandbox(t)
	holder, nonce := b.signedHere(t, s, signIn)
	var e ends
	back := ask(holder, "sv")
	back.Nonce = nonce
	if got, err := signIn.Collect(b.ctx, back, b.counting(&e)); err != nil || got.Status != bankid.Complete || e.in.Load() != 1 {
		t.Errorf("Collect = %+v, %v", got, err)
	}
}

func TestAnotherWayBackEndsTheOrder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s, signIn := b.withSandbox(t)
	for name, before := range map[string]bool{"before the end is known": false, "after the end is known": true} {
		holder, nonce := b.signedHere(t, s, signIn)
		if before {
			_, err := signIn.Collect(b.ctx, ask(holder, "sv"), never(t))
			must(t, err)
		}
		var e ends
		_, another := b.signedHere(t, s, signIn)
		wrong := ask(holder, "nn")
		wrong.Nonce = another
		got, err := signIn.Collect(b.ctx, wrong, b.counting(&e))
		if err != nil || got.Status != bankid.Failed || got.Hint != bankid.WrongReturn || e.in.Load() != 0 || e.out.Load() != 1 ||
			got.Text != bankid.Guidance("nn", bankid.Failed, bankid.WrongReturn) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		right := ask(holder, "nn")
		right.Nonce = nonce
		if _, err := signIn.Collect(b.ctx, right, never(t)); !errors.Is(err, store.ErrNoOrder) {
			t.Errorf("%s, the right way afterwards: %v, want ErrNoOrder", name, err)
		}
	}
	if n := b.count(t, "select count(*) from auth.sessions"); n != 0 {
		t.Errorf("%d sessions", n)
	}
}

func TestOneWayBackSignsInOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s, signIn := b.withSandbox(t)
	holder, nonce := b.signedHere(t, s, signIn)
	_, err := signIn.Collect(b.ctx, ask(holder, "sv"), never(t))
	must(t, err)
	back := ask(holder, "sv")
	back.Nonce = nonce
	var e ends
	var group sync.WaitGroup
	for range 10 {
		group.Add(1)
		go func() {
			defer group.Done()
			if _, err := signIn.Collect(b.ctx, back, b.counting(&e)); err != nil && !errors.Is(err, store.ErrNoOrder) {
				t.Error(err)
			}
		}()
	}
	group.Wait()
	if n := b.count(t, "select count(*) from auth.sessions"); n != 1 {
		t.Errorf("%d sessions, want 1", n)
	}
}

func TestNoReturnNoSignIn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s, signIn := b.withSandbox(t)
	for _, start := range []proof.Start{sameDevice, {Address: device, SameDevice: true}, {Address: device, Client: "browser"}} {
		if _, err := signIn.Begin(b.ctx, b.here, start); !errors.Is(err, proof.ErrNoReturn) {
			t.Errorf("Begin = %v, want ErrNoReturn", err)
		}
	}
	if len(s.Orders()) != 0 {
		t.Error("BankID was asked all the same")
	}
	for _, text := range []string{"app", "app=http://app.example.com", "App=https://app.example.com", "app=https://app.example.com/?a", "app=https://app.example.com/#a",
		"app=https://app.example.com/" + strings.Repeat("a", 400), "=https://app.example.com"} {
		if _, err := proof.ParseReturns([]string{text}); err == nil {
			t.Errorf("the return address %q was taken", text)
		}
	}
	if _, err := proof.ParseReturns([]string{"app=https://a.example", "app=https://b.example"}); err == nil {
		t.Error("two addresses of one name were taken")
	}
}

// A QR code that nobody scans goes on as a fresh one, with the same holder, as BankID's guidelines ask; but not for ever.
func TestCodeThatNobodyScansIsRenewed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s, signIn := b.withSandbox(t)
	signIn.Returns = map[string]string{"browser": "https://foreldre.budvik.example/bankid"}
	begun, err := signIn.Begin(b.ctx, b.here, proof.Start{
		Address: device, Client: "browser", UserAgent: "Mozilla/5.0", Device: auth.Device{Digest: []byte("device")},
	})
	must(t, err)
	if begun.AutoStartToken != "" {
		t.Error("an order for another device can be opened by a link")
	}
	holder := begun.Holder.Reveal()
	seen := []string{s.Orders()[0].OrderRef}
	for n := range proof.MostRestarts {
		b.Clock.Advance(31 * time.Second)
		got, err := signIn.Collect(b.ctx, ask(holder, "sv"), never(t))
		if err != nil || got.Status != bankid.Pending || got.Hint != bankid.OutstandingTransaction || !strings.Contains(got.QR, ".0.") {
			t.Fatalf("after %d codes: %+v, %v", n+1, got, err)
		}
		order, err := s.OrderByQR(got.QR)
		if err != nil || slices.Contains(seen, order.OrderRef) || string(order.Web) == "" || string(order.Web) != string(s.Orders()[len(s.Orders())-1].Web) {
			t.Fatalf("the code of order %+v, %v", order, err)
		}
		seen = append(seen, order.OrderRef)
		must(t, s.FailOrder(order.OrderRef, "startFailed"))
	}
	if got, err := signIn.Collect(b.ctx, ask(holder, "sv"), never(t)); err != nil || got.Status != bankid.Failed || got.Hint != bankid.StartFailed {
		t.Errorf("after the last code: %+v, %v", got, err)
	}
	if _, err := signIn.Collect(b.ctx, ask(holder, "sv"), never(t)); !errors.Is(err, store.ErrNoOrder) {
		t.Errorf("and then: %v, want ErrNoOrder", err)
	}
}

// On the same device the app has to be opened by a touch again: the person is told.
func TestAppThatDidNotOpenIsNotOpenedAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, signIn := b.withSandbox(t)
	signIn.Returns = map[string]string{"app": "https://app.example.com/bankid"}
	begun, err := signIn.Begin(b.ctx, b.here, sameDevice)
	must(t, err)
	b.Clock.Advance(31 * time.Second)
	if got, err := signIn.Collect(b.ctx, ask(begun.Holder.Reveal(), "nb"), never(t)); err != nil || got.Hint != bankid.StartFailed || got.Status != bankid.Failed {
		t.Errorf("Collect = %+v, %v", got, err)
	}
}

// Of many who notice at the same time that nobody scanned, one brings the fresh order, and its code is what all of them show.
func TestManyRenewOneCode(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s, signIn := b.withSandbox(t)
	otherProcess := &proof.BankID{DB: signIn.DB, Client: signIn.Client, Keys: signIn.Keys}
	begun, err := signIn.Begin(b.ctx, b.here, elsewhere)
	must(t, err)
	b.Clock.Advance(31 * time.Second)
	var group sync.WaitGroup
	for n := range 8 {
		group.Add(1)
		go func() {
			defer group.Done()
			got, err := []*proof.BankID{signIn, otherProcess}[n%2].Collect(b.ctx, ask(begun.Holder.Reveal(), "sv"), never(t))
			if err != nil || got.Status != bankid.Pending {
				t.Errorf("Collect = %+v, %v", got, err)
			}
		}()
	}
	group.Wait()
	got, err := signIn.Collect(b.ctx, ask(begun.Holder.Reveal(), "sv"), never(t))
	must(t, err)
	order, err := s.OrderByQR(got.QR)
	must(t, err)
	must(t, s.CompleteOrder(order.OrderRef, sandbox.TestPersons()[0]))
	var e ends
	if got, err := signIn.Collect(b.ctx, ask(begun.Holder.Reveal(), "sv"), b.counting(&e)); err != nil || got.Status != bankid.Complete || e.in.Load() != 1 {
		t.Errorf("with the fresh code: %+v, %v", got, err)
	}
}

// What BankID finds too risky is refused by BankID, and here too if BankID lets it pass.
func TestRiskyOrdersAreRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s, signIn := b.withSandbox(t)
	signIn.MostRisk = bankid.RiskModerate
	begin := func(p *proof.BankID) string {
		t.Helper()
		begun, err := p.Begin(b.ctx, b.here, proof.Start{
			Address: device, App: &bankid.App{Identifier: "example.budstikke.app", OS: "Android 16", Model: "Pixel 9"}, Device: auth.Device{Digest: []byte("device")},
		})
		must(t, err)
		return begun.Holder.Reveal()
	}
	for risk, in := range map[string]bool{"none": true, "low": true, "moderate": true, "high": false} {
		must(t, s.RiskOfBankID(risk))
		holder := begin(signIn)
		order := s.Orders()[len(s.Orders())-1]
		if order.MostRisk != "moderate" || !order.ReturnsRisk || !strings.Contains(string(order.App), `"appIdentifier":"example.budstikke.app"`) ||
			!strings.Contains(string(order.App), `"deviceIdentifier":"`) || strings.Contains(string(order.App), "ZGV2aWNl") {
			t.Fatalf("BankID was told %+v", order)
		}
		must(t, s.CompleteOrder(order.OrderRef, sandbox.TestPersons()[0]))
		var e ends
		got, err := signIn.Collect(b.ctx, ask(holder, "sv"), b.counting(&e))
		if err != nil || in != (got.Status == bankid.Complete) || in != (e.in.Load() == 1) || !in && got.Hint != bankid.TransactionRiskBlocked {
			t.Errorf("risk %s: %+v, %v", risk, got, err)
		}
	}
	var asked atomic.Int64
	for _, risk := range []string{"high", "enormous"} {
		careless := b.always(t, `{"orderRef":"o","status":"complete","completionData":{"user":{"personalNumber":"198501019809"},"risk":"`+risk+`"}}`, &asked)
		careless.MostRisk = bankid.RiskModerate
		holder := begin(careless)
		var e ends
		got, err := careless.Collect(b.ctx, ask(holder, "sv"), b.counting(&e))
		if err != nil || got.Status != bankid.Failed || got.Hint != bankid.TransactionRiskBlocked || e.in.Load() != 0 || e.out.Load() != 1 {
			t.Errorf("risk %s that BankID lets pass: %+v, %v", risk, got, err)
		}
	}
	if n := b.count(t, "select count(*) from auth.bankid_orders where risk in ('high', 'other') and finished_at is not null"); n != 2 {
		t.Errorf("the risk of %d refused orders is kept, want 2", n)
	}
	careless := b.always(t, `{"orderRef":"o","status":"complete","completionData":{"user":{"personalNumber":"198501019809"},"risk":"high"}}`, &asked)
	var e ends
	if got, err := careless.Collect(b.ctx, ask(begin(careless), "sv"), b.counting(&e)); err != nil || got.Status != bankid.Complete {
		t.Errorf("without a limit: %+v, %v", got, err)
	}
}
