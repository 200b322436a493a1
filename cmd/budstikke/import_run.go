package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/app/register"
	"budstikke.example/cmd/budstikke/internal/boot"
	"budstikke.example/migrations/scope"
	"budstikke.example/migrations/seal"
)

// largestImport is the largest file that is read, in bytes.
const largestImport = 64 << 20

// importing is what the imports of all kinds of file have in common.
type importing struct {
	Municipality string `required:"" placeholder:"SLUG" help:"The municipality that the file is about."`
	DryRun       bool   `help:"Show what would change, and change nothing."`
	JSON         bool   `help:"Print one JSON document instead of text."`
	AllowHeld    bool   `help:"Apply the import although it would end unusually much. Look at the dry run first."`
}

// importReport is what --json prints.
type importReport struct {
	Municipality string            `json:"municipality"`
	Source       string            `json:"source"`
	File         string            `json:"file"`
	DryRun       bool              `json:"dry_run"`
	Applied      bool              `json:"applied"`
	Held         bool              `json:"held"`
	Error        string            `json:"error,omitempty"`
	Problems     register.Problems `json:"problems"`
	Plan         *register.Plan    `json:"plan,omitempty"`
}

// reader turns a file into a roster.
type reader func(file []byte, name string, reading register.Reading) (register.Roster, register.Problems)

// run reads the file, compares and applies it, and prints what came of it. Exit code 1 means that nothing was applied.
func (c importing) run(ctx context.Context, t terminal, source, path string, read reader) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	report := importReport{Municipality: c.Municipality, Source: source, File: filepath.Base(path), DryRun: c.DryRun,
		Problems: register.Problems{List: []register.Problem{}}}
	err := c.carryOut(ctx, t, path, read, &report)
	if err != nil {
		report.Error = err.Error()
	}
	if !c.JSON {
		return report.tell(t)
	}
	encoder := json.NewEncoder(t.out)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(report); err != nil {
		return err
	}
	if report.Error != "" {
		return exitCode(1)
	}
	return nil
}

func (c importing) carryOut(ctx context.Context, t terminal, path string, read reader, report *importReport) error {
	file, err := readFile(path)
	if err != nil {
		return err
	}
	target, err := openTarget(ctx)
	if err != nil {
		return err
	}
	defer target.close()
	id, err := target.db.MunicipalityBySlug(ctx, c.Municipality)
	if err != nil {
		return plainly(err, c.Municipality)
	}
	registers := target.db.Register(id, target.keys)
	roster, problems := read(file, report.File, register.Reading{On: target.db.Now(), Pseudonym: registers.Pseudonym})
	if problems.List != nil {
		report.Problems = problems
	}
	if problems.Failed() {
		return errors.New("the file has errors, and nothing was imported")
	}
	sum := sha256.Sum256(file)
	in := postgres.Import{Source: report.Source, FileName: report.File, FileHash: sum[:], Roster: roster, AllowHeld: c.AllowHeld, Progress: progress(t)}
	carry := registers.Apply
	if c.DryRun {
		carry = registers.Preview
	}
	plan, err := carry(ctx, in)
	if err == nil || errors.Is(err, postgres.ErrHeld) {
		report.Plan, report.Held = &plan, plan.Held()
	}
	report.Applied = err == nil && !c.DryRun
	return plainly(err, c.Municipality)
}

// tell prints the report for people.
func (r importReport) tell(t terminal) error {
	fmt.Fprint(t.err, r.Problems.String())
	if r.Plan != nil {
		fmt.Fprint(t.out, r.Plan.Text())
	}
	switch {
	case r.Error != "":
		return errors.New(r.Error)
	case r.Applied:
		fmt.Fprintln(t.out, "\nImported.")
	case r.Held:
		fmt.Fprintln(t.out, "\nThis was a dry run. The import would be held: apply it with --allow-held if the plan is right.")
	default:
		fmt.Fprintln(t.out, "\nThis was a dry run; nothing was changed.")
	}
	return nil
}

// importTarget is the database that an import goes into.
type importTarget struct {
	scope *scope.DB
	db    *postgres.DB
	keys  *seal.Keyring
}

func (i importTarget) close() { i.scope.Close() }

// openTarget opens the database as the application does. A whole municipality takes longer than a request may.
func openTarget(ctx context.Context) (importTarget, error) {
	settings, err := boot.LoadFromEnvironment("import")
	if err != nil {
		return importTarget{}, err
	}
	settings.Database.StatementTime = max(settings.Database.StatementTime, 2*time.Minute)
	settings.Database.IdleTime = max(settings.Database.IdleTime, time.Minute)
	keys, err := boot.OpenKeys(settings)
	if err != nil {
		return importTarget{}, err
	}
	opened, err := boot.OpenDatabase(ctx, settings)
	if err != nil {
		return importTarget{}, err
	}
	return importTarget{opened, postgres.New(opened, nil, boot.NewLog(os.Stderr, settings.Process)), keys}, nil
}

// readFile reads a file of a size that can be held in memory.
func readFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, largestImport+1))
	if err == nil && len(data) > largestImport {
		err = fmt.Errorf("%s is larger than %d MB: export it in parts", filepath.Base(path), largestImport>>20)
	}
	return data, err
}

// plainly says what went wrong without the words of the database, which could repeat somebody's data.
func plainly(err error, slug string) error {
	var refused *pgconn.PgError
	switch {
	case errors.Is(err, app.ErrNotFound):
		return fmt.Errorf("there is no municipality %q: create it with budstikke import municipality", slug)
	case errors.Is(err, postgres.ErrHeld):
		return fmt.Errorf("%w (--allow-held)", err)
	case errors.As(err, &refused):
		return fmt.Errorf("the database refused it (SQLSTATE %s %s), and nothing was imported", refused.Code, refused.ConstraintName)
	default:
		return err
	}
}

// progress draws a bar where a person is looking at a terminal, and nothing elsewhere.
func progress(t terminal) func(done, total int) {
	file, ok := t.err.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return nil
	}
	var bar *progressbar.ProgressBar
	return func(done, total int) {
		if bar == nil {
			bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(file), progressbar.OptionSetDescription("importing"),
				progressbar.OptionClearOnFinish())
		}
		_ = bar.Set(done) // a bar that cannot be drawn is no reason to stop
	}
}
