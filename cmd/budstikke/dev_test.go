package main

import (
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestDevStopsCleanly runs `budstikke dev` as a developer does, twice with the same data: it says where everything is, what happened is
// still there the second time, and nothing is left running.
func TestDevStopsCleanly(t *testing.T) {
	t.Parallel()
	needPostgres(t)
	folder := openFolder(t)
	data := filepath.Join(folder, "project", ".data")

	first := startDev(t, data)
	municipality := first.municipality(t)
	head, leader := first.login(t, "head of the kindergarten"), first.login(t, "leader in the kindergarten")
	session := first.signInStaff(t, municipality, head.username, head.password, head.code)
	before := session.do(t, http.MethodGet, "/v1/staff/institutions", nil).items()
	if len(before) != 1 {
		t.Fatalf("the head has %d institutions", len(before))
	}
	first.keepsHouse(t, session, before[0]["id"], data)
	first.isReached(t, data)
	first.end(t, folder)
	if _, err := os.Stat(filepath.Join(data, "environment")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the passwords of a run that is over are still there: %v", err)
	}

	second := startDev(t, data)
	if now := second.municipality(t); now != municipality {
		t.Errorf("another municipality after the restart: %s, was %s", now, municipality)
	}
	session.base = second.base
	if after := session.do(t, http.MethodGet, "/v1/staff/institutions", nil).items(); len(after) != 1 || after[0]["id"] != before[0]["id"] {
		t.Errorf("the session of yesterday sees %v, saw %v", after, before)
	}
	code, err := program("code", leader.username, "--data", data).Output()
	if err != nil {
		t.Fatalf("budstikke code: %v", err)
	}
	second.signInStaff(t, municipality, leader.username, leader.password, strings.TrimSpace(string(code)))
	database := second.printed(t, databaseLine)
	if _, err := os.Stat(filepath.Join(database, "cluster")); err != nil {
		t.Errorf("the welcome says that the database is in %s: %v", database, err)
	}
	second.end(t, folder)
	if out, err := program("dev", "--forget", "--data", data).Output(); err != nil || !strings.Contains(string(out), database) {
		t.Errorf("budstikke dev --forget: %s, %v", out, err)
	}
	if _, err := os.Stat(database); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is still there: %v", database, err)
	}
}

// dev is a running `budstikke dev`; its client talks to the API.
type dev struct {
	*process
	client
	sandbox string
}

// login is a line of the welcome.
type login struct{ username, password, code string }

var (
	apiLine      = regexp.MustCompile(`The API\s+(http://127\.0\.0\.1:\d+)\n`)
	docsLine     = regexp.MustCompile(`Its reference\s+(http://127\.0\.0\.1:\d+/docs)\n`)
	sandboxLine  = regexp.MustCompile(`What was sent, and BankID\s+(http://127\.0\.0\.1:\d+)\n`)
	databaseLine = regexp.MustCompile(`the database +(/\S+)\n`)
	loginLine    = regexp.MustCompile(`(?m)^  (.+?), (.+?) +(\S+@\S+) +(.+?) +code now: (\d{6})$`)
)

// startDev starts it on free ports and returns when it has said that it runs and does.
func startDev(t *testing.T, data string) *dev {
	t.Helper()
	d := &dev{process: start(t, program("dev", "--data", data, "--address", "127.0.0.1:0", "--sandbox", "0"))}
	eventually(t, "budstikke dev says that it runs", func() bool {
		select {
		case <-d.ended:
			t.Fatalf("budstikke dev ended: %v", d.failure)
		default:
		}
		return strings.Contains(d.out.String(), "Ctrl-C stops everything")
	})
	d.base, d.sandbox = d.printed(t, apiLine), d.printed(t, sandboxLine)
	for _, page := range []string{d.base + "/health/ready", d.printed(t, docsLine), d.sandbox + "/"} {
		if status := statusOf(t, page); status != http.StatusOK {
			t.Errorf("%s answers %d", page, status)
		}
	}
	return d
}

// printed finds something in the welcome.
func (d *dev) printed(t *testing.T, line *regexp.Regexp) string {
	t.Helper()
	found := line.FindStringSubmatch(d.out.String())
	if found == nil {
		t.Fatalf("the welcome lacks %s", line)
	}
	return found[1]
}

// login finds how somebody signs in, in the welcome.
func (d *dev) login(t *testing.T, role string) login {
	t.Helper()
	for _, found := range loginLine.FindAllStringSubmatch(d.out.String(), -1) {
		if found[2] == role {
			return login{username: found[3], password: found[4], code: found[5]}
		}
	}
	t.Fatalf("the welcome does not say how the %s signs in", role)
	return login{}
}

// end stops it as a terminal or a supervisor would, and checks that nothing of it is left.
func (d *dev) end(t *testing.T, folder string) {
	t.Helper()
	if code := d.stop(t, 20*time.Second); code != 0 {
		t.Errorf("exit code %d (%v) after SIGTERM, want 0", code, d.failure)
	}
	for _, address := range []string{d.base, d.sandbox} {
		if !silent(t, address) {
			t.Errorf("somebody still listens at %s", address)
		}
	}
	eventually(t, "its servers are gone", func() bool { return len(processesIn(folder)) == 0 })
}

// isReached reaches it by the settings that it keeps, as the welcome says, and checks that they are nobody else's to read.
func (d *dev) isReached(t *testing.T, data string) {
	t.Helper()
	file := filepath.Join(data, "environment")
	settings, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the settings lie open: %v, %v", info.Mode(), err)
	}
	if !strings.Contains(d.out.String(), "admin outbox list --municipality budstikke") {
		t.Error("the welcome does not say how to reach it")
	}
	cmd := program("admin", "outbox", "list", "--municipality", "budstikke")
	cmd.Env = append(cmd.Env, strings.Fields(string(settings))...)
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "there is none of the last 192 hours") {
		t.Errorf("admin outbox list: %v\n%s", err, out)
	}
}

func statusOf(t *testing.T, url string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(soon(t), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode
}
