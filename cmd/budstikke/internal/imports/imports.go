// Package imports carries a register's file into a municipality, as `budstikke import` asks for it: read, compare, apply or only show, and
// tell what came of it. Nobody gets access and nobody is written to by it (V1).
//
// It may open the file that it is given and the database of the settings, and import what commands may. Start reading at Job.Run; reading a
// file is app/register's work, and writing it app/postgres's.
package imports

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"budstikke.example/app/postgres"
	"budstikke.example/app/register"
	"budstikke.example/migrations/scope"
)

// largest is the largest file that is read, in bytes.
const largest = 64 << 20

// Reader turns a file into a roster.
type Reader func(file []byte, name string, reading register.Reading) (register.Roster, register.Problems)

// Job is one file on its way in.
type Job struct {
	Municipality string // its slug
	Source       string // the register that the file is from
	Path         string
	DryRun       bool // show what would change, and change nothing
	AllowHeld    bool // a person has looked at the plan and wants it although it is held
	Read         Reader
	Log          io.Writer // receives the process's log, and a bar of progress where a person looks at it
}

// Run reads the file, compares and applies it. What went wrong stands in the report.
func (j Job) Run(ctx context.Context) Report {
	report := Report{Municipality: j.Municipality, Source: j.Source, File: filepath.Base(j.Path), DryRun: j.DryRun,
		Problems: register.Problems{List: []register.Problem{}}}
	if err := j.carryOut(ctx, &report); err != nil {
		report.Error = err.Error()
	}
	return report
}

func (j Job) carryOut(ctx context.Context, report *Report) error {
	ctx = scope.ByProgram(ctx)
	file, err := ReadFile(j.Path)
	if err != nil {
		return err
	}
	to, err := open(ctx, j.Log)
	if err != nil {
		return err
	}
	defer to.close()
	id, err := to.db.MunicipalityBySlug(ctx, j.Municipality)
	if err != nil {
		return plainly(err, j.Municipality)
	}
	registers := to.db.Register(id, to.keys)
	roster, problems := j.Read(file, report.File, register.Reading{On: to.db.Now(), Pseudonym: registers.Pseudonym})
	if problems.List != nil {
		report.Problems = problems
	}
	if problems.Failed() {
		return errors.New("the file has errors, and nothing was imported")
	}
	sum := sha256.Sum256(file)
	in := postgres.Import{Source: j.Source, FileName: report.File, FileHash: sum[:], Roster: roster, AllowHeld: j.AllowHeld, Progress: bar(j.Log)}
	carry := registers.Apply
	if j.DryRun {
		carry = registers.Preview
	}
	plan, err := carry(ctx, in)
	if err == nil || errors.Is(err, postgres.ErrHeld) {
		report.Plan, report.Held = &plan, plan.Held()
	}
	report.Applied = err == nil && !j.DryRun
	return plainly(err, j.Municipality)
}

// ReadFile reads a file of a size that can be held in memory. The error says what to do when it is too large.
func ReadFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, largest+1))
	if err == nil && len(data) > largest {
		err = fmt.Errorf("%s is larger than %d MB: export it in parts", filepath.Base(path), largest>>20)
	}
	return data, err
}

// bar draws the progress where a person is looking at a terminal, and nothing elsewhere.
func bar(on io.Writer) func(done, total int) {
	file, ok := on.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return nil
	}
	var drawn *progressbar.ProgressBar
	return func(done, total int) {
		if drawn == nil {
			drawn = progressbar.NewOptions(total, progressbar.OptionSetWriter(file), progressbar.OptionSetDescription("importing"),
				progressbar.OptionClearOnFinish())
		}
		_ = drawn.Set(done) // a bar that cannot be drawn is no reason to stop
	}
}
