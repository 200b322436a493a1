package tryout

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"budstikke.example/cmd/budstikke/internal/story"
	"budstikke.example/cmd/budstikke/internal/system"
)

// Welcome says where everything is, how to sign in, and where what happens is kept. folder is the project's data folder.
func Welcome(out io.Writer, l *system.Local, logins []story.Login, folder string) {
	fmt.Fprintf(out, `
Budstikke is running.

  The API                     %s
  Its reference               %s/docs
  What was sent, and BankID   %s

  Guardians sign in with BankID: start a sign-in, then choose a person on the page above.
  Staff sign in with a user name, a password and a code that changes every 30 seconds:

`, l.URL, l.URL, l.Sandbox.Addresses().Control)
	for _, login := range logins {
		fmt.Fprintf(out, "  %-44s %-31s %s   code now: %s\n", login.Name+", "+login.Role, login.Username, login.Password, login.Code(time.Now()))
	}
	fmt.Fprintf(out, `
  A later code: %[1]s code USERNAME. Ctrl-C stops everything; what happened is kept:
    the database      %[2]s
    keys and sign-ins %[3]s
  The page that shows what was sent begins empty each time. %[1]s dev --forget removes the database.
  Other commands reach it by the settings in %[4]s, for example:
    env $(cat %[4]s) %[1]s admin outbox list --municipality %[5]s

`, self(), database(l.Servers.Postgres.Folder()), folder, near(filepath.Join(folder, environmentFile)), story.Slug)
}

// self is how whoever reads this started the program, so that what it tells them to type can be typed. A path that a shell would take apart is left out.
func self() string {
	if name := os.Args[0]; !strings.ContainsAny(name, " \t'\"$&;()") {
		return name
	}
	return "budstikke"
}

// near is a path as whoever started the program would type it: from where they are, when it lies below.
func near(path string) string {
	if here, err := os.Getwd(); err == nil {
		if below, err := filepath.Rel(here, path); err == nil && filepath.IsLocal(below) {
			return below
		}
	}
	return path
}

// database says where the database really is, which is not always in the project's folder.
func database(folder string) string {
	if folder == "" {
		return "on the server of DATABASE_URL"
	}
	return folder
}
