package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/signal"
	"syscall"

	"budstikke.example/cmd/budstikke/internal/enrol"
	"budstikke.example/cmd/budstikke/internal/imports"
)

// staffCommand is how the people of an institution come to sign in.
type staffCommand struct {
	Enrol staffEnrol `cmd:"" help:"Give somebody who has a staff role in the register a password and a second factor; both are printed once. Anew: the earlier ones count no more."`
}

type staffEnrol struct {
	Municipality   string `required:"" placeholder:"SLUG" help:"The municipality they work in."`
	Username       string `required:"" placeholder:"EMAIL" help:"What they will sign in with."`
	SourceID       string `xor:"who" placeholder:"ID" help:"Their id in the register that named them. This, or --national-id-file."`
	NationalIDFile string `xor:"who" type:"existingfile" placeholder:"FILE" help:"A file with their identity number, which so stands in no history of a shell. This, or --source-id."`
	JSON           bool   `help:"Print one JSON document instead of text."`
}

// Validate wants one of the two ways to say who it is.
func (c staffEnrol) Validate() error {
	if c.SourceID == "" && c.NationalIDFile == "" {
		return errors.New("say who it is: --source-id=ID or --national-id-file=FILE")
	}
	return nil
}

// Run enrols them.
func (c staffEnrol) Run(ctx context.Context, t terminal) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	request := enrol.Request{Municipality: c.Municipality, Username: c.Username, SourceID: c.SourceID, Log: t.err}
	if c.NationalIDFile != "" {
		file, err := imports.ReadFile(c.NationalIDFile)
		if err != nil {
			return err
		}
		request.NationalID = string(file)
	}
	e, err := request.Run(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		encoder := json.NewEncoder(t.out)
		encoder.SetEscapeHTML(false) // the address is to be copied as it is
		encoder.SetIndent("", "  ")
		return encoder.Encode(e)
	}
	fmt.Fprintf(t.out, "User name:      %s\nPassword:       %s\nSecond factor:  %s\n\n", e.Username, e.Password, e.OTPAuthURL)
	fmt.Fprintln(t.out, "The authenticator app reads the second factor as a QR code. Nothing of this is shown again: hand it over in person and delete it.")
	return nil
}
