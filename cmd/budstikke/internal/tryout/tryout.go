// Package tryout is the demo municipality that `budstikke dev` runs: it comes out of files the first time, its staff sign in the same way every
// time, and a person at a terminal is told where everything is.
//
// It may import what the commands may, and keeps one file in the project's data folder. Start reading at Open.
package tryout

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app/register/demodata"
	"budstikke.example/cmd/budstikke/internal/story"
	"budstikke.example/cmd/budstikke/internal/system"
	"budstikke.example/notify/sandbox"
)

// BankID is the pretend BankID app with the people of the demo in it; there is time to choose one by hand, on a page.
func BankID(cast demodata.Cast) sandbox.BankIDConfig {
	config := sandbox.BankIDConfig{StartWithin: 3 * time.Minute}
	for _, m := range story.Persons(cast) {
		config.Persons = append(config.Persons, sandbox.Person{PersonalNumber: m.Number.Digits(), GivenName: m.GivenName, Surname: m.FamilyName})
	}
	return config
}

// Open imports the demo municipality the first time, and returns how its staff sign in, by user name; that is kept in the data folder.
func Open(ctx context.Context, l *system.Local, demo demodata.Demo, folder string) ([]story.Login, error) {
	if kept, err := read(folder); err == nil && !l.Fresh {
		return kept, nil
	}
	m, err := story.Prepare(ctx, l, demo, folder)
	if err != nil {
		return nil, fmt.Errorf("the demo municipality: %w", err)
	}
	if err := settle(ctx, l, m.ID); err != nil {
		return nil, err
	}
	var logins []story.Login
	for _, login := range m.Logins {
		logins = append(logins, login)
	}
	slices.SortFunc(logins, func(a, b story.Login) int { return strings.Compare(a.Username, b.Username) })
	text, err := json.MarshalIndent(logins, "", "  ")
	if err != nil {
		return nil, err
	}
	return logins, os.WriteFile(kept(folder), text, 0o600)
}

// settle lets the institutions have been there since the months before: where one was opened this month, the first review of access waits for the next (V10),
// and whoever tries the system out would never see one.
func settle(ctx context.Context, l *system.Local, municipality uuid.UUID) error {
	_, err := l.Admin.Exec(ctx, "update app.institutions set created_at = created_at - interval '2 months' where municipality_id = $1", municipality)
	return err
}

// LoginOf finds how a member of the staff signs in. The error says to start the municipality first, or that there is nobody of that name.
func LoginOf(folder, username string) (story.Login, error) {
	logins, err := read(folder)
	if err != nil {
		return story.Login{}, fmt.Errorf("there is no demo municipality yet, start budstikke dev first: %w", err)
	}
	for _, login := range logins {
		if login.Username == username {
			return login, nil
		}
	}
	return story.Login{}, fmt.Errorf("nobody of the demo municipality has the user name %s", username)
}

// kept is the file that remembers how the staff sign in.
func kept(folder string) string { return filepath.Join(folder, "sign-ins.json") }

func read(folder string) (logins []story.Login, err error) {
	text, err := os.ReadFile(kept(folder))
	if err != nil {
		return nil, err
	}
	return logins, json.Unmarshal(text, &logins)
}
