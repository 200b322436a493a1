package proof_test

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
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

var (
	device    = netip.MustParseAddr("192.0.2.7")
	elsewhere = proof.Start{Address: device} // BankID is on another device
)

// ask is the question of an app that has come back by no way.
func ask(holder, locale string) proof.Question {
	return proof.Question{Holder: holder, Locale: locale, Address: device}
}

// withSandbox is the sign-in against the sandbox's BankID, which lives in the test's time.
func (b *bundle) withSandbox(t *testing.T) (*sandbox.Sandbox, *proof.BankID) {
	t.Helper()
	s, err := sandbox.Start(b.ctx, sandbox.Config{Clock: b.Clock.Now})
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	credentials := s.Credentials().BankID
	certificate, err := bankid.CertificateFromPEM([]byte(credentials.CertPEM), []byte(credentials.KeyPEM))
	must(t, err)
	client, err := bankid.New(bankid.Config{BaseURL: s.Addresses().BankID + "/rp/v6.0/", Certificate: certificate, Roots: credentials.ServerPool()})
	must(t, err)
	t.Cleanup(client.Close)
	return s, &proof.BankID{DB: b.API, Client: client, Keys: b.proveStaff.Keys}
}

// never are ends that must not come.
func never(t *testing.T) proof.Ends {
	return proof.Ends{
		SignedIn: func(*scope.Tx, proof.Identity) error {
			t.Error("somebody was signed in")
			return nil
		},
		Refused: func(*scope.Tx, proof.Identity) error {
			t.Error("somebody was refused")
			return nil
		},
	}
}

// then is what follows when somebody comes in; nobody is to be refused.
func then(signedIn func(*scope.Tx, proof.Identity) error) proof.Ends {
	return proof.Ends{SignedIn: signedIn}
}

func TestSigningInWithBankID(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s, signIn := b.withSandbox(t)
	begun, err := signIn.Begin(b.ctx, b.here, elsewhere)
	must(t, err)
	if _, err := s.OrderByQR(begun.QR); err != nil {
		t.Errorf("the code: %v", err)
	}
	holder := begun.Holder.Reveal()
	got, err := signIn.Collect(b.ctx, ask(holder, "sv"), never(t))
	must(t, err)
	if got.Status != bankid.Pending || got.Hint != bankid.Started || got.Text != bankid.Guidance("sv", bankid.Pending, bankid.Started) || got.QR != begun.QR {
		t.Errorf("Collect = %+v", got)
	}
	b.Clock.Advance(3 * time.Second)
	got, err = signIn.Collect(b.ctx, ask(holder, "sv"), never(t))
	must(t, err)
	if got.QR == begun.QR || !strings.Contains(got.QR, ".3.") {
		t.Errorf("after 3 s the code is %s", got.QR)
	}
	order, err := s.OrderByQR(got.QR)
	if err != nil {
		t.Fatalf("the app does not take the code: %v", err)
	}
	person := sandbox.TestPersons()[0]
	must(t, s.CompleteOrder(order.OrderRef, person))
	calls := 0
	got, err = signIn.Collect(b.ctx, ask(holder, "sv"), then(func(tx *scope.Tx, who proof.Identity) error {
		calls++
		if who.PersonalNumber.Reveal() != person.PersonalNumber || tx.Municipality() != b.here {
			t.Error("another person, or another municipality")
		}
		return b.start(tx)
	}))
	must(t, err)
	if got != (proof.Progress{Status: bankid.Complete}) || calls != 1 || b.count(t, "select count(*) from auth.sessions") != 1 {
		t.Errorf("Collect = %+v after %d calls", got, calls)
	}
	if _, err := signIn.Collect(b.ctx, ask(holder, "sv"), never(t)); !errors.Is(err, store.ErrNoOrder) {
		t.Errorf("collecting again = %v, want ErrNoOrder", err)
	}
}

func TestEndsThatSignNobodyIn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s, signIn := b.withSandbox(t)
	begin := func() string {
		t.Helper()
		begun, err := signIn.Begin(b.ctx, b.here, elsewhere)
		must(t, err)
		return begun.Holder.Reveal()
	}
	newest := func() string { orders := s.Orders(); return orders[len(orders)-1].OrderRef }

	declined := begin()
	must(t, s.FailOrder(newest(), "userCancel"))
	got, err := signIn.Collect(b.ctx, ask(declined, "nn"), never(t))
	if err != nil || got.Status != bankid.Failed || got.Hint != bankid.UserCancel || got.Text != bankid.Guidance("nn", bankid.Failed, bankid.UserCancel) {
		t.Errorf("declined: Collect = %+v, %v", got, err)
	}
	withdrawn := begin()
	must(t, signIn.Cancel(b.ctx, withdrawn))
	for name, holder := range map[string]string{"declined": declined, "withdrawn": withdrawn} {
		if _, err := signIn.Collect(b.ctx, ask(holder, "nb"), never(t)); !errors.Is(err, store.ErrNoOrder) {
			t.Errorf("%s, collected again: %v, want ErrNoOrder", name, err)
		}
		if err := signIn.Cancel(b.ctx, holder); !errors.Is(err, store.ErrNoOrder) {
			t.Errorf("%s, cancelled: %v, want ErrNoOrder", name, err)
		}
	}
	if _, err := signIn.Collect(b.ctx, ask("bsh_x", "nb"), never(t)); !errors.Is(err, auth.ErrMalformed) {
		t.Errorf("no holder: %v, want ErrMalformed", err)
	}
	foreign, _ := auth.NewHolder(b.here)
	if _, err := signIn.Collect(b.ctx, ask(foreign.Reveal(), "nb"), never(t)); !errors.Is(err, store.ErrNoOrder) {
		t.Errorf("a holder of nothing: %v, want ErrNoOrder", err)
	}
	must(t, s.AddFault(sandbox.BankID, sandbox.Fault{Mode: sandbox.ModeMaintenance}))
	var refusal *bankid.Error
	if _, err := signIn.Begin(b.ctx, b.here, elsewhere); !errors.As(err, &refusal) || refusal.Code != bankid.Maintenance {
		t.Errorf("under maintenance: %v", err)
	}
}

// An outage of BankID in the middle leaves the order to be collected later.
func TestCollectGoesOnAfterAnOutage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s, signIn := b.withSandbox(t)
	begun, err := signIn.Begin(b.ctx, b.here, elsewhere)
	must(t, err)
	must(t, s.AddFault(sandbox.BankID, sandbox.Fault{Mode: sandbox.ModeMaintenance}))
	var refusal *bankid.Error
	if _, err := signIn.Collect(b.ctx, ask(begun.Holder.Reveal(), "sv"), never(t)); !errors.As(err, &refusal) || !refusal.Temporary() {
		t.Errorf("Collect = %v, want a refusal that passes", err)
	}
	s.ClearFaults(sandbox.BankID)
	if got, err := signIn.Collect(b.ctx, ask(begun.Holder.Reveal(), "sv"), never(t)); err != nil || got.Status != bankid.Pending {
		t.Errorf("afterwards: %+v, %v", got, err)
	}
}

// always is a BankID that says the same thing however often it is asked: the worst case for signing somebody in once.
func (b *bundle) always(t *testing.T, collected string, asked *atomic.Int64) *proof.BankID {
	t.Helper()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if strings.HasSuffix(r.URL.Path, "/auth") {
			_, _ = io.WriteString(w, `{"orderRef":"o","autoStartToken":"a","qrStartToken":"q","qrStartSecret":"s"}`)
			return
		}
		asked.Add(1)
		_, _ = io.WriteString(w, collected)
	}))
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	client, err := bankid.New(bankid.Config{BaseURL: server.URL, Certificate: server.TLS.Certificates[0], Roots: roots})
	must(t, err)
	t.Cleanup(client.Close)
	return &proof.BankID{DB: b.API, Client: client, Keys: b.proveStaff.Keys}
}

const complete = `{"orderRef":"o","status":"complete","completionData":{"user":{"personalNumber":"198501019809"}}}`

func TestOneOrderGivesOneSession(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var asked atomic.Int64
	signIn := b.always(t, complete, &asked)
	begun, err := signIn.Begin(b.ctx, b.here, elsewhere)
	must(t, err)
	_, err = signIn.Collect(b.ctx, ask(begun.Holder.Reveal(), "sv"), then(func(tx *scope.Tx, _ proof.Identity) error {
		return errors.Join(b.start(tx), errBoom)
	}))
	if !errors.Is(err, errBoom) || b.count(t, "select count(*) from auth.sessions") != 0 {
		t.Fatalf("a callback that fails: %v", err)
	}
	<-b.startedTokens // of the session that was rolled back

	var group sync.WaitGroup
	var completed atomic.Int64
	ready := make(chan struct{})
	for range 20 {
		group.Add(1)
		go func() {
			defer group.Done()
			<-ready
			got, err := signIn.Collect(b.ctx, ask(begun.Holder.Reveal(), "sv"), then(func(tx *scope.Tx, _ proof.Identity) error { return b.start(tx) }))
			switch {
			case err == nil && got.Status == bankid.Complete:
				completed.Add(1)
			case err == nil && got.Status == bankid.Pending && got.Text != "" && got.QR != "":
			case errors.Is(err, store.ErrNoOrder):
			default:
				t.Errorf("Collect = %+v, %v", got, err)
			}
		}()
	}
	close(ready)
	group.Wait()
	if completed.Load() != 1 || b.count(t, "select count(*) from auth.sessions") != 1 || len(b.startedTokens) != 1 {
		t.Errorf("of 20 at the same time %d signed in; %d tokens", completed.Load(), len(b.startedTokens))
	}
}

// While one call writes down what BankID said once, the others are told to wait, and do not take its silence for the end: neither in this
// process nor in another.
func TestNobodyIsTurnedAwayWhileTheEndIsWrittenDown(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s, signIn := b.withSandbox(t)
	otherProcess := &proof.BankID{DB: signIn.DB, Client: signIn.Client, Keys: signIn.Keys}
	begun, err := signIn.Begin(b.ctx, b.here, elsewhere)
	must(t, err)
	order, err := s.OrderByQR(begun.QR)
	must(t, err)
	must(t, s.CompleteOrder(order.OrderRef, sandbox.TestPersons()[0]))
	writing, others, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	ctx, hangUp := context.WithCancel(b.ctx)
	go func() {
		_, err := signIn.Collect(ctx, ask(begun.Holder.Reveal(), "sv"), then(func(tx *scope.Tx, _ proof.Identity) error {
			close(writing)
			<-others
			return b.start(tx)
		}))
		done <- err
	}()
	<-writing
	for name, process := range map[string]*proof.BankID{"this": signIn, "another": otherProcess} {
		if got, err := process.Collect(b.ctx, ask(begun.Holder.Reveal(), "sv"), never(t)); err != nil || got.Status != bankid.Pending || got.QR == "" {
			t.Errorf("another call of %s process: %+v, %v", name, got, err)
		}
	}
	hangUp()
	close(others)
	if err := <-done; err != nil || b.count(t, "select count(*) from auth.sessions") != 1 {
		t.Errorf("the end is lost when the caller hangs up: %v", err)
	}
	for name, process := range map[string]*proof.BankID{"this": signIn, "another": otherProcess} {
		if _, err := process.Collect(b.ctx, ask(begun.Holder.Reveal(), "sv"), never(t)); !errors.Is(err, store.ErrNoOrder) {
			t.Errorf("afterwards, in %s process: %v, want ErrNoOrder", name, err)
		}
	}
}

// An order whose end was lost is not said to be pending for ever.
func TestOrderThatBankIDHasForgotten(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s, signIn := b.withSandbox(t)
	signIn.Grace = time.Nanosecond
	begun, err := signIn.Begin(b.ctx, b.here, elsewhere)
	must(t, err)
	order, err := s.OrderByQR(begun.QR)
	must(t, err)
	must(t, s.CompleteOrder(order.OrderRef, sandbox.TestPersons()[0]))
	_, err = signIn.Collect(b.ctx, ask(begun.Holder.Reveal(), "sv"), then(func(*scope.Tx, proof.Identity) error { return errBoom }))
	if !errors.Is(err, errBoom) {
		t.Fatalf("Collect = %v, want the callback's error", err)
	}
	_, err = signIn.Collect(b.ctx, ask(begun.Holder.Reveal(), "sv"), never(t))
	if err == nil { // the first answer begins the nanosecond of grace
		_, err = signIn.Collect(b.ctx, ask(begun.Holder.Reveal(), "sv"), never(t))
	}
	if !errors.Is(err, store.ErrNoOrder) {
		t.Errorf("after the grace: %v, want ErrNoOrder", err)
	}
}

func TestPaceSparesBankID(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var asked atomic.Int64
	signIn := b.always(t, `{"orderRef":"o","status":"pending","hintCode":"userSign"}`, &asked)
	signIn.Pace = time.Hour
	var codes []string
	for range 2 { // two orders do not share a hint
		begun, err := signIn.Begin(b.ctx, b.here, elsewhere)
		must(t, err)
		for range 5 {
			got, err := signIn.Collect(b.ctx, ask(begun.Holder.Reveal(), "sv"), never(t))
			if err != nil || got.Hint != bankid.UserSign || got.Text == "" {
				t.Fatalf("Collect = %+v, %v", got, err)
			}
			codes = append(codes, got.QR)
			b.Clock.Advance(time.Second)
		}
	}
	if asked.Load() != 2 {
		t.Errorf("BankID was asked %d times about 2 orders, want once each", asked.Load())
	}
	for i := range 4 {
		if codes[i] == codes[i+1] {
			t.Errorf("the code of second %d is shown again", i)
		}
	}
}
