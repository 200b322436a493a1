// Command budstikke is the whole system in one binary; `budstikke --help` is its documentation.
//
// Each command is one small file beside this one: it reads its settings by internal/boot and hands over. Nothing imports this package.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/alecthomas/kong"
)

// commands is what kong reads the command line into; its tags are the help text.
type commands struct {
	API       apiCommand       `cmd:"" help:"Serve the API that apps and browsers talk to."`
	Notify    notifyCommand    `cmd:"" help:"Carry notices out: e-mail, push, and SMS for critical events only."`
	Dev       devCommand       `cmd:"" help:"Run everything on this machine with a demo municipality: PostgreSQL, Redis, API, notify worker, provider sandbox."`
	Demo      demoCommand      `cmd:"" help:"Run the main job from end to end against a fresh private instance, and tell it as a story."`
	Sandbox   sandboxCommand   `cmd:"" help:"Play the providers: APNs, FCM, web push, Twilio, SMTP and BankID."`
	Code      codeCommand      `cmd:"" help:"Print the second factor of a member of the demo's staff."`
	Migrate   migrateCommand   `cmd:"" help:"Bring the database's tables up to date; signed in by DATABASE_MIGRATE_URL, else DATABASE_URL."`
	Months    monthsCommand    `cmd:"" help:"Make the months of the largest tables ahead, and drop those whose time is over; signed in like migrate, once a day."`
	Import    importCommand    `cmd:"" help:"Import a municipality's registers: children, guardians, staff, institutions."`
	Staff     staffCommand     `cmd:"" help:"Give members of the staff what they sign in with."`
	Article30 article30Command `cmd:"" name:"article30" help:"Print a municipality's record of processing activities (GDPR Art. 30), made from the classification of the tables."`
	Audit     auditCommand     `cmd:"" help:"Look after the audit trail: verify it, anchor it, report from it."`
	Explain   explainCommand   `cmd:"" help:"Say who would see a child, an absence or a conversation, and why; and who would not."`
	Admin     adminCommand     `cmd:"" help:"Look after the running system: notices that could not be delivered."`
	Review    reviewCommand    `cmd:"" help:"Check the signed reports of the monthly reviews of access."`
	Config    configCommand    `cmd:"" help:"Print every setting: its name, its present value with secrets hidden, and what it means."`
	Sensitive sensitiveCommand `cmd:"" help:"Try the sensitive-text guide on texts of your own: what it finds, and how often it is right."`
	Health    healthCommand    `cmd:"" help:"Ask a running process whether it is healthy; exits 0 if it is. For containers, which have no curl."`
	Services  servicesCommand  `cmd:"" help:"Run a command with a private PostgreSQL and Redis, named to it by DATABASE_URL and REDIS_URL."`
	Version   versionCommand   `cmd:"" help:"Print the version."`
}

func main() { os.Exit(run(os.Args[1:], terminal{out: os.Stdout, err: os.Stderr})) }

// run parses the arguments and runs the command; it returns the program's exit code: 0 done, 1 failed, 2 wrong
// usage, 130 stopped by a signal before it was done, or what the command under `services` returned.
func run(arguments []string, t terminal) int {
	var c commands
	parser, err := kong.New(&c,
		kong.Name("budstikke"),
		kong.Description("The guardian-facing backend and messaging gateway of a municipality's kindergartens and schools."),
		kong.Writers(t.out, t.err),
		kong.UsageOnError(),
		kong.BindTo(context.Background(), (*context.Context)(nil)),
		kong.Bind(t),
	)
	if err != nil {
		fmt.Fprintln(t.err, "budstikke:", err)
		return 1
	}
	parsed, err := parser.Parse(arguments)
	if err != nil {
		fmt.Fprintf(t.err, "budstikke: %v (see budstikke --help)\n", err)
		return 2
	}
	err = parsed.Run()
	var code exitCode
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	case errors.Is(err, context.Canceled): // only a signal cancels what a command does
		return stopped(t, err)
	default:
		fmt.Fprintln(t.err, "budstikke:", err)
		return 1
	}
}
