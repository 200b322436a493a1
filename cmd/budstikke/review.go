package main

import (
	"encoding/base64"
	"fmt"
	"os"
	"strings"

	"budstikke.example/app"
	"budstikke.example/cmd/budstikke/internal/imports"
	"budstikke.example/cmd/budstikke/internal/system"
)

// reviewCommand checks what came of the monthly reviews of access (V10). It needs no database.
type reviewCommand struct {
	Verify reviewVerify `cmd:"" help:"Check the signature of a report, as GetReviewReport answered it, and print it for people. Exit code 1: it is not what was signed; where it was altered is said as far as the rest shows it."`
	Key    reviewKey    `cmd:"" help:"Print the public key that this installation's reports are checked with. Keep it where an auditor finds it."`
}

type reviewVerify struct {
	File      string `arg:"" type:"existingfile" help:"The answer of GetReviewReport, or the page in it."`
	PublicKey string `required:"" placeholder:"BASE64" help:"The installation's public key, from budstikke review key. The one in the file proves nothing."`
}

// Run checks the report.
func (c reviewVerify) Run(t terminal) error {
	file, err := imports.ReadFile(c.File)
	if err != nil {
		return err
	}
	key, err := base64.StdEncoding.DecodeString(c.PublicKey)
	if err != nil {
		return fmt.Errorf("--public-key is not base64")
	}
	signed, err := app.ReadSignedReport(file)
	if signed.PublicKey = key; err == nil {
		err = signed.Verify(key)
	}
	if where, known := app.Altered(file, key); known {
		return fmt.Errorf("%s: %w: %s", c.File, app.ErrReportForged, where)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	text, err := signed.Text()
	if err != nil {
		return err
	}
	fmt.Fprintf(t.out, "The signature fits: this is the report that was signed.\n\n%s", text)
	return nil
}

type reviewKey struct {
	SigningKeyFile string `required:"" type:"existingfile" help:"The file with SIGNING_KEY."`
}

// Run prints the key.
func (c reviewKey) Run(t terminal) error {
	text, err := os.ReadFile(c.SigningKeyFile)
	if err != nil {
		return err
	}
	key, err := system.SigningKey(strings.TrimSpace(string(text)))
	if err != nil {
		return err
	}
	signer, err := system.Base{SigningKey: key}.ReportSigner()
	if err != nil {
		return err
	}
	fmt.Fprintln(t.out, base64.StdEncoding.EncodeToString(signer.PublicKey()))
	return nil
}
