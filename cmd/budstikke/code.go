package main

import (
	"fmt"
	"time"

	"budstikke.example/cmd/budstikke/internal/tryout"
)

// codeCommand plays the authenticator app of the demo's staff.
type codeCommand struct {
	Username string `arg:"" help:"Whose code; budstikke dev prints the user names."`
	Data     string `help:"The data folder of budstikke dev." default:".data" type:"path"`
}

// Run prints the code of this moment.
func (c codeCommand) Run(t terminal) error {
	login, err := tryout.LoginOf(c.Data, c.Username)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(t.out, login.Code(time.Now()))
	return err
}
