package password_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"budstikke.example/auth/password"
)

func TestPasswordsThatMayBeChosen(t *testing.T) {
	t.Parallel()
	about := []string{"Astrid", "Ekdal-Berg", "Exempelby kommun", "Kastanjens förskola", "astrid.ekdal@exempelby.example", "19840312"}
	for plain, want := range map[string]error{
		"korrekt hest batteri stift":           nil,
		"skogen är djup och stilla":            nil,
		"zv7#Kq2!mB9x":                         nil,
		strings.Repeat("å🦊", 128):              password.ErrGuessable,
		strings.Repeat("xk3 ", 65):             password.ErrTooLong,
		"kort":                                 password.ErrTooShort,
		"elleve tegn":                          password.ErrTooShort,
		"Lösenord12345":                        password.ErrCommon,
		"  ADGANGS-KODE 2024!!":                password.ErrCommon,
		"Passord Passord 1":                    password.ErrCommon,
		"correct horse battery staple":         password.ErrCommon,
		"Barnehagen2026!":                      password.ErrCommon,
		"aaaaaaaaaaaaaaaa":                     password.ErrGuessable,
		"123456789012":                         password.ErrGuessable,
		"abcdefghijklmnop":                     password.ErrGuessable,
		"Budstikke2026!":                       password.ErrGuessable,
		"Exempelby-2026":                       password.ErrGuessable,
		"kastanjensförskola1":                  password.ErrGuessable,
		"AstridEkdal1984":                      password.ErrGuessable,
		"astrid.ekdal@exempelby.example":       password.ErrGuessable,
		"19840312-astrid":                      password.ErrGuessable,
		"Astrid på Kastanjens förskola trivs!": nil, // enough is left without the names
	} {
		if err := password.CheckNew(plain, about); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", plain, err, want)
		}
	}
}

func TestNamesMatterOnlyToThoseTheyBelongTo(t *testing.T) {
	t.Parallel()
	const plain = "Hjortensdotter-Vik"
	if err := password.CheckNew(plain, nil); err != nil {
		t.Errorf("somebody else: %v", err)
	}
	if err := password.CheckNew(plain, []string{"Hjortensdotter Vik"}); !errors.Is(err, password.ErrGuessable) {
		t.Errorf("their own name: %v, want ErrGuessable", err)
	}
}

// Reckoning the strength of what a stranger sends must not cost more than a hash does.
func TestLongPasswordsAreReckonedInTime(t *testing.T) {
	t.Parallel()
	about := make([]string, 400)
	for i := range about {
		about[i] = strings.Repeat("x", i%20+3) + " förskola"
	}
	for _, plain := range []string{strings.Repeat("a1", 128), strings.Repeat("qwertyasdf", 25), strings.Repeat("1999-12-31 ", 23)} {
		began := time.Now()
		_ = password.CheckNew(plain, about)
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("%.20s…: took %s", plain, took)
		}
	}
}
