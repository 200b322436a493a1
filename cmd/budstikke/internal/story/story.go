package story

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app/register/demodata"
	"budstikke.example/cmd/budstikke/internal/system"
	"budstikke.example/notify/sandbox"
)

// patience is how long the story waits for something to arrive before it says that it did not.
const patience = 20 * time.Second

// Story is one telling: a running system, the municipality's people, and what is learnt on the way.
type Story struct {
	local *system.Local
	demo  demodata.Demo
	tell  *Teller
	api   *client

	municipality uuid.UUID
	logins       map[string]Login
	people       map[string]string // address or token → whose it is
	applicant    *guardian
	second       *guardian
	head, leader *worker
	kindergarten uuid.UUID
}

// guardian is a guardian with their app.
type guardian struct {
	demodata.Member
	token  string // session
	device string // push token
	mobile string
	child  uuid.UUID // in the kindergarten
}

// worker is a member of staff with a session.
type worker struct {
	demodata.Member
	token string
}

// Tell runs the main job from end to end. It returns an error as soon as something is not as it should be.
func Tell(ctx context.Context, local *system.Local, demo demodata.Demo, tell *Teller) error {
	s := &Story{local: local, demo: demo, tell: tell, api: newClient(local.URL), people: map[string]string{}}
	for _, scene := range []func(context.Context) error{
		s.importRegisters, s.apply, s.activate, s.reportAbsence, s.talk, s.alert, s.cutOff,
	} {
		if err := scene(ctx); err != nil {
			return fmt.Errorf("scene %d: %w", tell.scene, err)
		}
	}
	tell.End()
	return tell.Err()
}

// expect makes a failed check an error that says what was expected.
func expect(held bool, format string, a ...any) error {
	if held {
		return nil
	}
	return fmt.Errorf("expected that "+format, a...)
}

// refusal returns the problem that an error is, and an error when it is none or has another code.
func refusal(err error, code string) (*problem, error) {
	var p *problem
	if !errors.As(err, &p) {
		return nil, errors.Join(fmt.Errorf("expected the refusal %s", code), err)
	}
	if p.Code != code {
		return nil, fmt.Errorf("expected the refusal %s, got %s", code, p.Code)
	}
	return p, nil
}

// arrived waits until a receiver has got n messages over a channel after seq, and returns the last.
func (s *Story) arrived(ctx context.Context, seq uint64, to string, channel sandbox.Channel, n int) (sandbox.Delivered, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	got, err := s.local.Sandbox.Wait(ctx, n, sandbox.All(sandbox.After(seq), sandbox.To(to), sandbox.On(channel)))
	if err != nil {
		return sandbox.Delivered{}, fmt.Errorf("%s did not arrive at %s: %w", channel, s.people[to], err)
	}
	return got[len(got)-1], nil
}

// receive waits for a message and tells what it says.
func (s *Story) receive(ctx context.Context, seq uint64, who, to string, channel sandbox.Channel, rules ...string) (sandbox.Delivered, error) {
	d, err := s.arrived(ctx, seq, to, channel, 1)
	if err != nil {
		return d, err
	}
	s.tell.Received(who, string(channel), d.Title, d.Body, rules...)
	return d, nil
}

// quiet tells whether anything went to anybody after seq.
func (s *Story) quiet(seq uint64) error {
	got := s.local.Sandbox.Deliveries(sandbox.After(seq))
	return expect(len(got) == 0, "nothing was sent, but %d messages were", len(got))
}
