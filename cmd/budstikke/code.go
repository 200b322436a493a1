package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"budstikke.example/cmd/budstikke/internal/story"
)

// codeCommand plays the authenticator app of the demo's staff.
type codeCommand struct {
	Username string `arg:"" help:"Whose code; budstikke dev prints the user names."`
	Data     string `help:"The data folder of budstikke dev." default:".data" type:"path"`
}

// Run prints the code of this moment.
func (c codeCommand) Run(t terminal) error {
	kept, err := os.ReadFile(filepath.Join(c.Data, "sign-ins.json"))
	if err != nil {
		return fmt.Errorf("there is no demo municipality yet, start budstikke dev first: %w", err)
	}
	var logins []story.Login
	if err := json.Unmarshal(kept, &logins); err != nil {
		return err
	}
	for _, login := range logins {
		if login.Username == c.Username {
			_, err := fmt.Fprintln(t.out, login.Code(time.Now()))
			return err
		}
	}
	return fmt.Errorf("nobody of the demo municipality has the user name %s", c.Username)
}
