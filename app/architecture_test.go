package app_test

import (
	"encoding/json"
	"errors"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "budstikke.example"

// pkg is what go list says of a package.
type pkg struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	Imports    []string
}

func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Dir,GoFiles,Imports", module+"/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var list []pkg
	decoder := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p pkg
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	if len(list) < 25 {
		t.Fatalf("go list found only %d packages", len(list))
	}
	return list
}

// within tells whether path is one of the trees, given relative to the module: "app/web" stands for it and everything below, "=app" for the
// package alone.
func within(path string, trees ...string) bool {
	path = strings.TrimPrefix(strings.TrimPrefix(path, module), "/")
	return slices.ContainsFunc(trees, func(tree string) bool {
		if exact, found := strings.CutPrefix(tree, "="); found {
			return path == exact
		}
		return path == tree || strings.HasPrefix(path, tree+"/")
	})
}

// The doors between the rooms (ARCHITECTURE.md). from may import of our own packages only what stands behind it; a package that no row names
// may not exist, so that a new room begins with a decision.
var doors = []struct {
	from string
	to   []string
}{
	{"=", nil},
	{"=app", nil},
	{"app/nationalid", nil},
	{"app/sensitive", []string{"app/sensitive", "app/nationalid"}},
	{"app/textguard", []string{"=app", "app/sensitive"}},
	{"app/register", []string{"app/register", "app/nationalid"}},
	{"app/postgres", []string{"app/postgres", "=app", "app/nationalid", "app/register", "auth/access", "migrations/scope", "migrations/seal", "migrations/trail", "=notify", "notify/outbox"}},
	{"app/view", []string{"app/postgres"}},
	{"app/live", []string{"=app", "app/postgres"}},
	{"app/guardian", []string{"=app", "app/live", "app/postgres", "app/sensitive", "app/textguard", "app/view", "=auth", "=notify", "notify/outbox"}},
	{"app/staff", []string{"=app", "app/live", "app/postgres", "app/sensitive", "app/textguard", "app/view", "auth", "migrations/scope", "migrations/trail", "=notify", "notify/outbox"}},
	{"app/office", []string{"=app", "app/postgres", "app/view", "auth", "migrations/scope", "=notify", "notify/outbox"}},
	{"app/signin", []string{"=app", "app/nationalid", "app/postgres", "auth", "migrations/scope", "migrations/seal", "migrations/trail", "=notify", "notify/confirm"}},
	{"app/machine", []string{"=app", "app/postgres", "notify/confirm"}},
	{"app/web", []string{"=", "=app", "app/web", "app/guardian", "app/staff", "app/office", "app/signin", "app/machine", "app/live", "app/postgres", "app/sensitive", "=auth", "auth/access", "migrations/scope"}},
	{"auth/access", nil},
	{"auth", []string{"auth", "migrations/scope", "migrations/seal", "migrations/trail"}},
	{"=notify", nil},
	{"notify/confirm", nil},
	{"notify/render", []string{"=notify"}},
	{"notify/email", []string{"=notify"}},
	{"notify/push", []string{"=notify"}},
	{"notify/sms", []string{"=notify"}},
	{"notify/outbox", []string{"=notify", "notify/outbox", "auth/access", "migrations/scope"}},
	{"notify/queue", []string{"=notify", "notify/outbox"}},
	{"notify/worker", []string{"=notify", "notify/outbox", "notify/queue", "notify/render", "migrations/scope"}},
	{"notify/sandbox", []string{"notify/sandbox"}},
	{"migrations", []string{"migrations"}},
	{"bench", []string{"app", "auth", "notify", "migrations", "bench"}},
	{"cmd", []string{"=", "app", "auth", "notify", "migrations", "cmd"}},
}

func TestDoors(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		named := false
		for _, door := range doors {
			if !within(p.ImportPath, door.from) {
				continue
			}
			named = true
			for _, imported := range p.Imports {
				if strings.HasPrefix(imported, module) && !within(imported, door.to...) {
					t.Errorf("%s imports %s: there is no door", p.ImportPath, imported)
				}
			}
		}
		if !named {
			t.Errorf("%s stands in no row of the doors: decide what it may open", p.ImportPath)
		}
	}
}

// The table in ARCHITECTURE.md is what newcomers read, and the one above is what is held: they are one table, row by row and word by word.
func TestDoorsAreThoseOfTheGuide(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(guide), "\n## Doors\n")
	if !found {
		t.Fatal("ARCHITECTURE.md has no section Doors")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	var written, held []string
	for line := range strings.Lines(section) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "| `") {
			written = append(written, line)
		}
	}
	for _, door := range doors {
		from, to := "`"+door.from+"`", "nothing"
		if door.from == "=" {
			from += " (contract.go)"
		}
		if len(door.to) > 0 {
			to = "`" + strings.Join(door.to, "`, `") + "`"
		}
		held = append(held, "| "+from+" | "+to+" |")
	}
	for i := range max(len(written), len(held)) {
		row := func(of []string) string { return strings.Join(of[min(i, len(of)):min(i+1, len(of))], "") }
		if row(written) != row(held) {
			t.Fatalf("row %d of the doors is\n%s in ARCHITECTURE.md and\n%s in this test", i+1, row(written), row(held))
		}
	}
}

// SECURITY.md says which test holds each promise; every file and every test that it names is there.
func TestSecurityNamesTestsThatExist(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	word := regexp.MustCompile("`([a-z_/0-9]+\\.(?:go|sql))`|\\b(Test[A-Za-z]+)\\b")
	tests := 0
	for line := range strings.Lines(string(text)) {
		var content string // of the file that was named last
		for _, found := range word.FindAllStringSubmatch(line, -1) {
			if file, test := found[1], found[2]; file != "" {
				raw, err := os.ReadFile(filepath.Join("..", file))
				if err != nil {
					t.Errorf("SECURITY.md names %s: %v", file, err)
				}
				content = string(raw)
			} else if tests++; !strings.Contains(content, "func "+test+"(") {
				t.Errorf("SECURITY.md names %s, which is not in the file before it", test)
			}
		}
	}
	if tests < 20 {
		t.Errorf("SECURITY.md names only %d tests", tests)
	}
}

// The vocabularies know nothing but the standard library and uuid, and do no input or output.
func TestVocabulariesArePure(t *testing.T) {
	t.Parallel()
	banned := []string{"context", "os", "net", "net/http", "database/sql", "io/fs", "log", "log/slog"}
	for _, p := range packages(t) {
		if !within(p.ImportPath, "=app", "=notify") {
			continue
		}
		for _, imported := range p.Imports {
			foreign := strings.Contains(strings.SplitN(imported, "/", 2)[0], ".")
			if foreign && imported != "github.com/google/uuid" || slices.Contains(banned, imported) {
				t.Errorf("%s imports %s", p.ImportPath, imported)
			}
		}
	}
}

// Each library is seen by the few who need it, so that it can be replaced there.
func TestLibrariesStayInTheirRooms(t *testing.T) {
	t.Parallel()
	rooms := map[string][]string{
		"github.com/gofiber/fiber/v2":  {"app/web"},
		"github.com/jackc/pgx/v5":      {"migrations", "app/postgres", "auth/store", "notify/outbox", "cmd", "bench", "app/web"},
		"github.com/redis/go-redis/v9": {"notify/queue", "cmd", "bench"},
		"github.com/sideshow/apns2":    {"notify/push"},
		"firebase.google.com/go/v4":    {"notify/push"},
		"github.com/twilio/twilio-go":  {"notify/sms"},
		"github.com/wneessen/go-mail":  {"notify/email"},
		"github.com/coreos/go-oidc/v3": {"auth/oidc"},
		// Spans are made along the way of a notice; where they go is for the commands to know.
		"go.opentelemetry.io/otel":           {"app/web", "app/postgres", "migrations/scope", "notify/outbox", "notify/worker", "cmd"},
		"go.opentelemetry.io/otel/sdk":       {"cmd"},
		"go.opentelemetry.io/otel/exporters": {"cmd"},
	}
	for _, p := range packages(t) {
		for _, file := range p.GoFiles {
			if strings.HasSuffix(file, ".gen.go") {
				continue // generated, and generated only where the room asks for it
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, file), nil, parser.ImportsOnly)
			if err != nil {
				t.Fatal(err)
			}
			for _, spec := range parsed.Imports {
				path, err := strconv.Unquote(spec.Path.Value)
				if err != nil {
					t.Fatal(err)
				}
				for library, allowed := range rooms {
					if (path == library || strings.HasPrefix(path, library+"/")) && !within(p.ImportPath, allowed...) {
						t.Errorf("%s/%s sees %s", p.ImportPath, file, library)
					}
				}
			}
		}
	}
}
