package main

import (
	"context"
	"errors"
	"os/signal"
	"syscall"
	"time"

	"budstikke.example/app/register/demodata"
	"budstikke.example/cmd/budstikke/internal/boot"
	"budstikke.example/cmd/budstikke/internal/local"
	"budstikke.example/cmd/budstikke/internal/system"
	"budstikke.example/cmd/budstikke/internal/tryout"
	"budstikke.example/notify/sandbox"
)

// devCommand is the whole system on this machine, for trying out and for working on it.
type devCommand struct {
	Data    string `help:"The project's data folder; what happens is kept there from one run to the next." default:".data" type:"path"`
	Address string `help:"Where the API listens, host:port; port 0 takes a free one." placeholder:"HOST:PORT" default:"127.0.0.1:8080"`
	Sandbox int    `help:"Port of the page that shows what was sent; 0 takes a free one." placeholder:"PORT" default:"8090"`
	Forget  bool   `help:"Remove the database of earlier runs, wherever it is kept, and end."`
}

// Run starts everything, prints where it is and how to sign in, and keeps running until Ctrl-C.
func (c devCommand) Run(ctx context.Context, t terminal) (err error) {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if c.Forget {
		return c.forget(ctx, t)
	}
	if err := tryout.Free(c.Address, c.Sandbox); err != nil {
		return err
	}
	demo, err := demodata.Generate(demodata.Options{Seed: 1})
	if err != nil {
		return err
	}
	log := boot.NewLog(t.err, boot.Process{LogLevel: "info", LogFormat: "auto"})
	play := sandbox.Config{Ports: sandbox.Ports{Control: c.Sandbox}, BankID: tryout.BankID(demo.Cast)}
	l, err := system.StartLocal(ctx, system.LocalOptions{Purpose: local.Dev, Folder: c.Data, Address: c.Address, Sandbox: play, Log: log})
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
		defer cancel()
		err = errors.Join(err, l.Close(ctx))
	}()
	logins, err := tryout.Open(ctx, l, demo, c.Data)
	if err != nil {
		return err
	}
	forget, err := tryout.KeepEnvironment(l, c.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, forget()) }()
	l.KeepHouse(ctx)
	tryout.Welcome(t.out, l, logins, c.Data)
	select {
	case <-ctx.Done():
		return nil
	case err := <-l.Served:
		return err
	}
}
