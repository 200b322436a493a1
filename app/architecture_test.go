package app_test

import (
	"encoding/json"
	"errors"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
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
	{"app/sensitive", []string{"app/nationalid"}},
	{"app/textguard", []string{"=app", "app/sensitive"}},
	{"app/register", []string{"app/register", "app/nationalid"}},
	{"app/postgres", []string{"app/postgres", "=app", "app/nationalid", "app/register", "migrations/scope", "migrations/seal", "=notify", "notify/outbox"}},
	{"app/guardian", []string{"=app", "app/postgres", "app/sensitive", "app/textguard", "=auth", "=notify", "notify/outbox"}},
	{"app/staff", []string{"=app", "app/postgres", "app/sensitive", "app/textguard", "=auth", "=notify"}},
	{"app/office", []string{"=app", "app/postgres", "=auth", "=notify", "notify/outbox"}},
	{"app/signin", []string{"=app", "app/nationalid", "app/postgres", "auth", "migrations/scope", "migrations/seal", "=notify", "notify/confirm"}},
	{"app/machine", []string{"=app", "app/postgres", "notify/confirm"}},
	{"app/web", []string{"=", "=app", "app/web", "app/guardian", "app/staff", "app/office", "app/signin", "app/machine", "app/postgres", "app/sensitive", "=auth", "migrations/scope"}},
	{"auth", []string{"auth", "migrations/scope", "migrations/seal"}},
	{"=notify", nil},
	{"notify/confirm", nil},
	{"notify/render", []string{"=notify"}},
	{"notify/email", []string{"=notify"}},
	{"notify/push", []string{"=notify"}},
	{"notify/sms", []string{"=notify"}},
	{"notify/outbox", []string{"=notify", "notify/outbox", "migrations/scope"}},
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
