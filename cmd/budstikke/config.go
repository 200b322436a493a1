package main

import (
	"os"

	"budstikke.example/cmd/budstikke/internal/boot"
	"budstikke.example/cmd/budstikke/internal/system"
)

type configCommand struct {
	For string `help:"Check also what this command needs." enum:",api,notify,import,migrate" default:"" placeholder:"COMMAND"`
}

// Run prints the table even when the configuration has mistakes, which are then the error.
func (c configCommand) Run(t terminal) error {
	settings, mistakes := system.Load(c.For, os.LookupEnv)
	if c.For == "migrate" {
		settings, mistakes = boot.LoadAsOwner(os.LookupEnv)
	}
	if err := boot.Table(t.out, settings); err != nil {
		return err
	}
	return mistakes
}
