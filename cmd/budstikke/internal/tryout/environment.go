package tryout

import (
	"os"
	"path/filepath"
	"strings"

	"budstikke.example/cmd/budstikke/internal/system"
)

// environmentFile lies in the project's data folder while `budstikke dev` runs: a setting in each line, for `env $(cat FILE) budstikke …`.
const environmentFile = "environment"

// Open to nobody else: the settings hold passwords and keys.
const ownerOnly = 0o600

// KeepEnvironment writes down how the other commands reach what runs. forget removes it: the passwords in it are of this run.
func KeepEnvironment(l *system.Local, folder string) (forget func() error, err error) {
	path := filepath.Join(folder, environmentFile)
	return func() error { return os.Remove(path) }, os.WriteFile(path, []byte(strings.Join(l.Environment, "\n")+"\n"), ownerOnly)
}
