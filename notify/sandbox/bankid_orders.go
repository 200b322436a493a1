package sandbox

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// bankIDOrder is an order and what only BankID knows of it.
type bankIDOrder struct {
	Order
	ip, visible, secret string
	returnRisk          bool
	created             time.Time
	started             bool // the app was opened
	completion          *completion
	script              []string // pending hint codes still to be answered
	scripted            *Outcome
	ended               time.Time
}

// keepEnded is how long a result can be collected.
const keepEnded = 5 * time.Minute

// errNotPending is returned for orders that do not exist or have ended.
var errNotPending = errors.New("sandbox: no pending order of that reference; it may have ended or expired")

// keep remembers a new order. An order that the same person has pending is aborted, and so is the new one: alreadyInProgress.
func (b *bankIDServer) keep(o *bankIDOrder) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sweep()
	if o.RequiredPerson != "" {
		for _, other := range b.orders {
			if other.RequiredPerson == o.RequiredPerson && other.Status == "pending" {
				b.end(other, "failed", "cancelled")
				return false
			}
		}
	}
	if script, ok := b.scripts[o.RequiredPerson]; ok {
		o.script = slices.Clone(script.Pending)
		o.scripted = &script
	}
	b.orders[o.OrderRef] = o
	b.order = append(b.order, o.OrderRef)
	b.touch()
	return true
}

// sweep lets time pass: orders expire, ended ones are forgotten. The lock is held.
func (b *bankIDServer) sweep() {
	now := b.s.now()
	conf := b.s.cfg.BankID
	b.order = slices.DeleteFunc(b.order, func(ref string) bool {
		o := b.orders[ref]
		if o == nil {
			return true
		}
		switch age := now.Sub(o.created); {
		case o.Status == "pending" && !o.started && age > conf.StartWithin:
			b.end(o, "failed", "startFailed")
		case o.Status == "pending" && age > conf.CompleteWithin:
			b.end(o, "failed", "expiredTransaction")
		case o.Status != "pending" && now.Sub(o.ended) > keepEnded:
			delete(b.orders, ref)
			return true
		}
		return false
	})
}

// changes returns a channel that is closed when an order comes, goes or changes.
func (b *bankIDServer) changes() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.changed == nil {
		b.changed = make(chan struct{})
	}
	return b.changed
}

// touch tells who listens for changes. The lock is held.
func (b *bankIDServer) touch() {
	if b.changed != nil {
		close(b.changed)
		b.changed = nil
	}
}

func (b *bankIDServer) end(o *bankIDOrder, status, hint string) {
	o.Status, o.HintCode, o.ended = status, hint, b.s.now()
	b.touch()
}

// result is the answer to collect. A result that ended is given out once.
func (b *bankIDServer) result(ref string) (map[string]any, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sweep()
	o := b.orders[ref]
	if o == nil {
		return nil, false
	}
	b.play(o)
	answer := map[string]any{"orderRef": ref, "status": o.Status}
	switch o.Status {
	case "complete":
		answer["completionData"] = o.completion
		delete(b.orders, ref)
	case "failed":
		answer["hintCode"] = o.HintCode
		delete(b.orders, ref)
	default:
		answer["hintCode"] = o.HintCode
	}
	return answer, true
}

// play takes a scripted order one step further. The lock is held.
func (b *bankIDServer) play(o *bankIDOrder) {
	if o.scripted == nil || o.Status != "pending" {
		return
	}
	o.started = true
	if len(o.script) > 0 {
		o.HintCode, o.script = o.script[0], o.script[1:]
		return
	}
	if o.scripted.Fail != "" {
		b.end(o, "failed", o.scripted.Fail)
		return
	}
	p := o.scripted.Person
	if p.PersonalNumber == "" {
		p = b.person(o.RequiredPerson)
	}
	b.sign(o, p)
}

func (b *bankIDServer) sign(o *bankIDOrder, p Person) {
	risk := b.risk
	if o.scripted != nil {
		risk = cmp.Or(o.scripted.Risk, risk)
	}
	risk = cmp.Or(risk, "low")
	if o.MostRisk != "" && slices.Index(risks, risk) > slices.Index(risks, o.MostRisk) {
		b.end(o, "failed", "transactionRiskBlocked")
		return
	}
	b.end(o, "complete", "")
	o.CompletedBy = p.PersonalNumber
	o.completion = o.completed(p, risk, o.ended)
}

// risks are how risky an order can be, from none that can be told up.
var risks = []string{"none", "low", "moderate", "high"}

func (b *bankIDServer) riskFrom(risk string) error {
	if !slices.Contains(risks, risk) {
		return errors.New("sandbox: a risk is none, low, moderate or high")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.risk = risk
	return nil
}

// person finds a test person by number; an unknown number gets a name of its own.
func (b *bankIDServer) person(number string) Person {
	for _, p := range b.s.cfg.BankID.Persons {
		if p.PersonalNumber == number {
			return p
		}
	}
	return Person{PersonalNumber: number, GivenName: "Test", Surname: "Person"}
}

// pending finds a pending order; the lock is held.
func (b *bankIDServer) pending(ref string) (*bankIDOrder, error) {
	b.sweep()
	if o := b.orders[ref]; o != nil && o.Status == "pending" {
		return o, nil
	}
	return nil, errNotPending
}

func (b *bankIDServer) complete(ref string, p Person) error {
	if !twelveDigits.MatchString(p.PersonalNumber) {
		return errors.New("sandbox: a personal number has 12 digits")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	o, err := b.pending(ref)
	if err != nil {
		return err
	}
	if o.RequiredPerson != "" && o.RequiredPerson != p.PersonalNumber {
		return errors.New("sandbox: the order asks for another person")
	}
	b.sign(o, p)
	return nil
}

func (b *bankIDServer) fail(ref, hint string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	o, err := b.pending(ref)
	if err != nil {
		return err
	}
	b.end(o, "failed", hint)
	return nil
}

func (b *bankIDServer) hint(ref, hint string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	o, err := b.pending(ref)
	if err != nil {
		return err
	}
	o.started = o.started || (hint != "outstandingTransaction" && hint != "noClient")
	o.HintCode = hint
	b.touch()
	return nil
}

func (b *bankIDServer) forget(ref string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.orders, ref)
}

func (b *bankIDServer) list() []Order {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sweep()
	out := make([]Order, 0, len(b.order))
	for _, ref := range b.order {
		if o := b.orders[ref]; o != nil {
			out = append(out, o.Order)
		}
	}
	return out
}

// qrAge is how old a shown QR code may be: it is replaced each second, and a phone takes a moment to read it.
const qrAge = 10 * time.Second

// scan finds the order of "bankid.<qrStartToken>.<seconds>.<hmac>".
func (b *bankIDServer) scan(qr string) (Order, error) {
	parts := strings.Split(qr, ".")
	if len(parts) != 4 || parts[0] != "bankid" {
		return Order{}, errors.New("sandbox: a BankID code looks like bankid.<token>.<seconds>.<signature>")
	}
	seconds, err := strconv.Atoi(parts[2])
	if err != nil || seconds < 0 || strconv.Itoa(seconds) != parts[2] {
		return Order{}, errors.New("sandbox: the code's time is no number of seconds")
	}
	return b.startBy(func(o *bankIDOrder) (bool, error) {
		if o.QRStartToken != parts[1] {
			return false, nil
		}
		if !hmac.Equal([]byte(qrCode(o.secret, seconds)), []byte(parts[3])) {
			return false, errors.New("sandbox: the code's signature is wrong")
		}
		shown := time.Duration(seconds) * time.Second
		if age := b.s.now().Sub(o.created); age > shown+qrAge || shown > age+2*time.Second {
			return false, fmt.Errorf("sandbox: the code is for second %d, the order is %d seconds old", seconds, int(age.Seconds()))
		}
		return true, nil
	})
}

// qrCode signs the time since the order's start, as the animated QR code shows it.
func qrCode(secret string, seconds int) string {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = mac.Write([]byte(strconv.Itoa(seconds))) // a hash takes everything
	return hex.EncodeToString(mac.Sum(nil))
}

func (b *bankIDServer) autostart(token string) (Order, error) {
	return b.startBy(func(o *bankIDOrder) (bool, error) { return o.AutoStartToken == token, nil })
}

// startBy opens the app on the pending order that is meant.
func (b *bankIDServer) startBy(meant func(*bankIDOrder) (bool, error)) (Order, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sweep()
	for _, o := range b.orders {
		if o.Status != "pending" {
			continue
		}
		ok, err := meant(o)
		if err != nil {
			return Order{}, err
		}
		if ok {
			if !o.started {
				o.started, o.HintCode = true, "started"
				b.touch()
			}
			return o.Order, nil
		}
	}
	return Order{}, errNotPending
}

func (b *bankIDServer) script(number string, o Outcome) error {
	if number != "" && !twelveDigits.MatchString(number) {
		return errors.New("sandbox: a personal number has 12 digits")
	}
	if number == "" && o.Fail == "" && o.Person.PersonalNumber == "" {
		return errors.New("sandbox: a script for orders that require nobody has to name a person or a hint code to fail with")
	}
	if o.Risk != "" && !slices.Contains(risks, o.Risk) {
		return errors.New("sandbox: a risk is none, low, moderate or high")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.scripts[number] = o
	return nil
}

func (b *bankIDServer) clearScripts() {
	b.mu.Lock()
	defer b.mu.Unlock()
	clear(b.scripts)
}
