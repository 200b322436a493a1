package main

import (
	"context"
	"fmt"
	"os/signal"
	"path/filepath"
	"syscall"

	"budstikke.example/app/register"
	"budstikke.example/cmd/budstikke/internal/imports"
)

// importCommand is how a municipality's registers come in. Nobody gets access and nobody is written to by an import (V1).
type importCommand struct {
	Municipality importMunicipality `cmd:"" help:"Create a municipality, or change the name, language and time zone of one."`
	List         importList         `cmd:"" help:"Import a list from a spreadsheet; a mapping file says what its columns mean."`
	OneRoster    importOneRoster    `cmd:"" name:"oneroster" help:"Import a OneRoster 1.1 or 1.2 CSV export (zip)."`
}

type importMunicipality struct {
	Slug     string `required:"" help:"Its name in addresses and commands: a-z, 0-9 and hyphens."`
	Name     string `required:"" help:"Its name for people."`
	Country  string `required:"" enum:"SE,NO,DK,FI,IS" help:"Its country: SE, NO, DK, FI or IS."`
	Locale   string `required:"" enum:"nb,nn,da,sv,en" help:"The language people are written to unless they choose another: nb, nn, da, sv or en."`
	TimeZone string `required:"" help:"Where its days begin and end, for example Europe/Stockholm."`
}

// Run creates the municipality; the same command again changes nothing.
func (c importMunicipality) Run(ctx context.Context, t terminal) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	m := imports.Municipality{Slug: c.Slug, Name: c.Name, Country: c.Country, Locale: c.Locale, TimeZone: c.TimeZone}
	if err := m.Create(ctx, t.err); err != nil {
		return err
	}
	fmt.Fprintf(t.out, "the municipality %s is there\n", c.Slug)
	return nil
}

type importList struct {
	File    string `arg:"" type:"existingfile" help:"The list, as CSV."`
	Mapping string `required:"" type:"existingfile" placeholder:"MAP.yaml" help:"What the columns of the list mean."`
	Source  string `default:"admission" help:"The register that the file is from. Whom a complete list no longer names has left, as far as this register goes: give each register its own name, and always the same."`
	importing
}

// Run imports the list.
func (c importList) Run(ctx context.Context, t terminal) error {
	mapping, err := imports.ReadFile(c.Mapping)
	if err != nil {
		return err
	}
	return c.run(ctx, t, c.Source, c.File, func(file []byte, name string, reading register.Reading) (register.Roster, register.Problems) {
		columns, mistakes := register.ParseMapping(mapping, filepath.Base(c.Mapping))
		if mistakes.Failed() {
			return register.Roster{}, mistakes
		}
		roster, problems := register.ParseList(file, name, columns, reading)
		problems.List = append(mistakes.List, problems.List...)
		problems.Warnings += mistakes.Warnings
		return roster, problems
	})
}

type importOneRoster struct {
	File   string `arg:"" type:"existingfile" help:"The export, as a zip file."`
	Source string `default:"oneroster" help:"The register that the file is from. Whom a complete export no longer names has left, as far as this register goes: give each register its own name, and always the same."`
	importing
}

// Run imports the export.
func (c importOneRoster) Run(ctx context.Context, t terminal) error {
	return c.run(ctx, t, c.Source, c.File, register.ParseOneRoster)
}
