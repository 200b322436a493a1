package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"budstikke.example/app/register/demodata"
	"budstikke.example/cmd/budstikke/internal/boot"
	"budstikke.example/cmd/budstikke/internal/local"
	"budstikke.example/cmd/budstikke/internal/story"
	"budstikke.example/cmd/budstikke/internal/system"
	"budstikke.example/notify/sandbox"
)

// devCommand is the whole system on this machine, for trying out and for working on it.
type devCommand struct {
	Data    string `help:"The project's data folder; what happens is kept there from one run to the next." default:".data" type:"path"`
	Address string `help:"Where the API listens." default:"127.0.0.1:8080"`
	Sandbox int    `help:"Port of the page that shows what was sent." default:"8090"`
}

// Run starts everything, prints where it is and how to sign in, and keeps running until Ctrl-C.
func (c devCommand) Run(ctx context.Context, t terminal) (err error) {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	demo, err := demodata.Generate(demodata.Options{Seed: 1})
	if err != nil {
		return err
	}
	log := boot.NewLog(t.err, boot.Process{LogLevel: "info", LogFormat: "auto"})
	play := sandbox.Config{Ports: sandbox.Ports{Control: c.Sandbox}, BankID: sandbox.BankIDConfig{StartWithin: 3 * time.Minute}} // by hand, on a page
	for _, m := range story.Persons(demo.Cast) {
		play.BankID.Persons = append(play.BankID.Persons, sandbox.Person{PersonalNumber: m.Number.Digits(), GivenName: m.GivenName, Surname: m.FamilyName})
	}
	l, err := system.StartLocal(ctx, system.LocalOptions{Purpose: local.Dev, Folder: c.Data, Address: c.Address, Sandbox: play, Log: log})
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
		defer cancel()
		err = errors.Join(err, l.Close(ctx))
	}()
	logins, err := c.municipality(ctx, l, demo)
	if err != nil {
		return err
	}
	c.welcome(t, l, logins)
	select {
	case <-ctx.Done():
		return nil
	case err := <-l.Served:
		return err
	}
}

// municipality imports the demo municipality the first time, and remembers how its staff sign in.
func (c devCommand) municipality(ctx context.Context, l *system.Local, demo demodata.Demo) ([]story.Login, error) {
	path := filepath.Join(c.Data, "sign-ins.json")
	var logins []story.Login
	if kept, err := os.ReadFile(path); err == nil && !l.Fresh {
		return logins, json.Unmarshal(kept, &logins)
	}
	m, err := story.Prepare(ctx, l, demo, c.Data)
	if err != nil {
		return nil, fmt.Errorf("the demo municipality: %w", err)
	}
	for _, login := range m.Logins {
		logins = append(logins, login)
	}
	slices.SortFunc(logins, func(a, b story.Login) int { return strings.Compare(a.Username, b.Username) })
	text, err := json.MarshalIndent(logins, "", "  ")
	if err != nil {
		return nil, err
	}
	return logins, os.WriteFile(path, text, 0o600)
}

func (c devCommand) welcome(t terminal, l *system.Local, logins []story.Login) {
	fmt.Fprintf(t.out, `
Budstikke is running.

  The API                     %s
  Its reference               %s/docs
  What was sent, and BankID   %s

  Guardians sign in with BankID: start a sign-in, then choose a person on the page above.
  Staff sign in with a user name, a password and a code that changes every 30 seconds:

`, l.URL, l.URL, l.Sandbox.Addresses().Control)
	for _, login := range logins {
		fmt.Fprintf(t.out, "  %-44s %-31s %s   code now: %s\n", login.Name+", "+login.Role, login.Username, login.Password, login.Code(time.Now()))
	}
	fmt.Fprintf(t.out, "\n  A later code: budstikke code USERNAME. Ctrl-C stops everything; what happened is kept in %s.\n\n", c.Data)
}
