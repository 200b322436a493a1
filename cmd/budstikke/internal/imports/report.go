package imports

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"budstikke.example/app/register"
)

// Report is what came of an import; as JSON it is what `budstikke import … --json` prints.
type Report struct {
	Municipality string            `json:"municipality"`
	Source       string            `json:"source"`
	File         string            `json:"file"`
	DryRun       bool              `json:"dry_run"`
	Applied      bool              `json:"applied"`
	Held         bool              `json:"held"`
	Error        string            `json:"error,omitempty"` // why nothing was applied; empty when a dry run went through
	Problems     register.Problems `json:"problems"`
	Plan         *register.Plan    `json:"plan,omitempty"`
}

// WriteJSON prints the report as one document.
func (r Report) WriteJSON(out io.Writer) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(r)
}

// Tell prints the report for people: the problems to problems, the plan and the result to out. It returns the import's own error, if it has one.
func (r Report) Tell(out, problems io.Writer) error {
	fmt.Fprint(problems, r.Problems.String())
	if r.Plan != nil {
		fmt.Fprint(out, r.Plan.Text())
	}
	switch {
	case r.Error != "":
		return errors.New(r.Error)
	case r.Applied:
		fmt.Fprintln(out, "\nImported.")
	case r.Held:
		fmt.Fprintln(out, "\nThis was a dry run. The import would be held: apply it with --allow-held if the plan is right.")
	default:
		fmt.Fprintln(out, "\nThis was a dry run; nothing was changed.")
	}
	return nil
}
