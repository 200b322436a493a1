package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	"budstikke.example/cmd/budstikke/internal/story"
)

// rulesOfScenes are the rules that each scene of the demo has to show (issue: "What must work when this is done").
var rulesOfScenes = map[int][]string{
	1: {"V1"},
	2: {"H1", "H2", "H3", "H7", "H11", "H12"},
	3: {"V6"},
	4: {"V17"},
	5: {"V19", "V20", "B1"},
	6: {"V20"},
	7: {"V15"},
}

// TestDemoTellsTheWholeStory runs the demo twice as a person and a machine would: as JSON on the servers of the environment, where there
// are any, and as text on private servers. Both tell the same, and neither leaves anything behind.
func TestDemoTellsTheWholeStory(t *testing.T) {
	t.Parallel()
	asJSON, asText := demo(t, true), demo(t, false)
	facts := factsOf(t, asJSON)

	shown := map[int][]string{}
	sms := 0
	for _, f := range facts {
		shown[f.Scene] = append(shown[f.Scene], f.Rules...)
		if f.Channel == "sms" {
			sms++
			if f.Scene != 6 && f.Scene != 7 {
				t.Errorf("an SMS in scene %d, which is no alert (V20): %+v", f.Scene, f)
			}
		}
	}
	if sms == 0 {
		t.Error("no alert went out by SMS")
	}
	for scene, rules := range rulesOfScenes {
		for _, rule := range rules {
			if !slices.Contains(shown[scene], rule) {
				t.Errorf("scene %d does not show %s, only %v", scene, rule, shown[scene])
			}
		}
	}
	if len(shown) != len(rulesOfScenes) {
		t.Errorf("%d scenes, want %d", len(shown), len(rulesOfScenes))
	}
	sameStory(t, facts, asText)
}

// demo runs `budstikke demo` and returns what it printed. The JSON form runs on servers that are given by DATABASE_URL and REDIS_URL, if the
// environment of the tests has any.
func demo(t *testing.T, asJSON bool) []byte {
	t.Helper()
	folder := openFolder(t)
	arguments := []string{"demo", "--data", filepath.Join(folder, ".data")}
	if asJSON {
		arguments = append(arguments, "--json")
	}
	cmd := program(arguments...)
	scratch := filepath.Join(folder, "tmp")
	if err := os.Mkdir(scratch, 0o755); err != nil { //nolint:gosec // PostgreSQL's unprivileged user walks through it
		t.Fatal(err)
	}
	cmd.Env = append(cmd.Env, "TMPDIR="+scratch)
	left := func() []string { return nil }
	if server := os.Getenv("DATABASE_URL"); asJSON && server != "" {
		own, databases := administrator(t, server)
		belt := privateRedis(t).URL() // given to the demo, as REDIS_URL of the environment would be, and nobody else's
		cmd.Env = append(cmd.Env, "DATABASE_URL="+own, "REDIS_URL="+belt)
		left = func() []string { return append(databases(), keysOf(t, belt)...) }
	} else {
		needPostgres(t)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s\n%s", arguments, err, out, stderr.String())
	}
	if stderr.Len() > 0 {
		t.Errorf("%v complains: %s", arguments, stderr.String())
	}
	files, err := os.ReadDir(scratch)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		t.Errorf("%v left %s in the temporary folder", arguments, file.Name())
	}
	eventually(t, fmt.Sprintf("%v has left nothing running", arguments), func() bool { return len(processesIn(folder)) == 0 })
	if rest := left(); len(rest) > 0 {
		t.Errorf("%v left databases or keys on the servers that it was given: %v", arguments, rest)
	}
	return out
}

// administrator makes a login on the test server and returns its URL, and a function that lists the databases that it owns: what the
// program leaves behind is told from what other tests have there at the same time.
func administrator(t *testing.T, server string) (own string, databases func() []string) {
	t.Helper()
	name, password := "budstikke_test_demo_"+strings.ReplaceAll(uuid.NewString(), "-", ""), uuid.NewString()
	run := func(sql string, args ...any) []string {
		t.Helper()
		conn, err := pgx.Connect(soon(t), server)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(soon(t))
		rows, err := conn.Query(soon(t), sql, args...)
		if err != nil {
			t.Fatal(err)
		}
		names, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		return names
	}
	run("create role " + name + " login superuser password '" + password + "'")
	t.Cleanup(func() { run("drop role " + name) })
	address, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	address.User = url.UserPassword(name, password)
	return address.String(), func() []string {
		return run("select datname from pg_database d join pg_roles r on r.oid = d.datdba where r.rolname = $1", name)
	}
}

// keysOf lists what is in a Redis.
func keysOf(t *testing.T, address string) []string {
	t.Helper()
	options, err := redis.ParseURL(address)
	if err != nil {
		t.Fatal(err)
	}
	c := redis.NewClient(options)
	defer c.Close()
	keys, err := c.Keys(soon(t), "*").Result()
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// factsOf reads the lines of the JSON form; every line must be one.
func factsOf(t *testing.T, out []byte) []story.Fact {
	t.Helper()
	var facts []story.Fact
	for line := range strings.Lines(string(out)) {
		var f story.Fact
		decoder := json.NewDecoder(strings.NewReader(line))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&f); err != nil || f.Kind == "" || f.What == "" {
			t.Fatalf("%q is not a fact: %v", line, err)
		}
		facts = append(facts, f)
	}
	if len(facts) == 0 || facts[len(facts)-1].Kind != story.Summary {
		t.Fatalf("the story has %d facts and no end", len(facts))
	}
	return facts
}

// changing is what differs between two runs of the same story, and what it is replaced by.
var changing = []struct {
	what *regexp.Regexp
	by   string
}{
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "HOST"},
	{regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`), "ID"},
	{regexp.MustCompile(`\bbec_[\w-]+`), "TOKEN"},
	{regexp.MustCompile(`\d+\.\d s\b`), "SECONDS"},
}

// masked replaces what differs between two runs.
func masked(text string) string {
	for _, c := range changing {
		text = c.what.ReplaceAllString(text, c.by)
	}
	return text
}

// sameStory compares the text form with the facts of the JSON form, told by the story's own words: each fact, in the same order, to the
// letter, but for what differs from run to run.
func sameStory(t *testing.T, facts []story.Fact, out []byte) {
	t.Helper()
	var told strings.Builder
	for _, f := range facts {
		told.WriteString(story.Text(f))
	}
	want, got := strings.Split(masked(told.String()), "\n"), strings.Split(masked(string(out)), "\n")
	for i := range max(len(want), len(got)) {
		line := func(of []string) string { return strings.Join(of[min(i, len(of)):min(i+1, len(of))], "") }
		if line(want) != line(got) {
			t.Fatalf("line %d is, by the facts of the JSON form,\n%s\nand in the text\n%s\nThe whole text:\n%s", i+1, line(want), line(got), out)
		}
	}
}
