package password_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"budstikke.example/auth/password"
)

// cheap costs little, so that the tests are about behaviour and not about waiting.
var cheap = password.Config{Memory: 64, Passes: 1}

const right = "korrekt hest batteri stift"

func hash(t *testing.T, h *password.Hasher, plain string) string {
	t.Helper()
	got, err := h.Hash(context.Background(), plain)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func verify(t *testing.T, h *password.Hasher, plain, stored string) password.Result {
	t.Helper()
	got, err := h.Verify(context.Background(), plain, stored)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestVerify(t *testing.T) {
	t.Parallel()
	h := password.New(cheap)
	stored := hash(t, h, right)
	if !strings.HasPrefix(stored, "$argon2id$v=19$m=64,t=1,p=1$") || strings.Contains(stored, "korrekt") {
		t.Errorf("Hash = %s", stored)
	}
	if stored == hash(t, h, right) {
		t.Error("two hashes of one password are equal: the salt is not random")
	}
	if got := verify(t, h, right, stored); got != (password.Result{Match: true}) {
		t.Errorf("the right password: %+v", got)
	}
	for _, wrong := range []string{"", right + " ", strings.ToUpper(right), strings.Repeat("x", 1<<20)} {
		if got := verify(t, h, wrong, stored); got.Match {
			t.Errorf("a wrong password of %d bytes matches", len(wrong))
		}
	}
	if got := verify(t, h, right, ""); got.Match {
		t.Error("a password matches an account that does not exist")
	}
}

// The Argon2 reference implementation's own test of Argon2id, version 19, t=2, m=2^8, p=1.
func TestReferenceVector(t *testing.T) {
	t.Parallel()
	const stored = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
	if got := verify(t, password.New(cheap), "password", stored); !got.Match || !got.Outdated {
		t.Errorf("Verify = %+v, want a match that is outdated", got)
	}
}

func TestDefaultsAreWhatOWASPAdvises(t *testing.T) {
	t.Parallel()
	if got := hash(t, password.New(password.Config{}), right); !strings.HasPrefix(got, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("Hash = %s", got)
	}
}

func TestCostsCanBeRaised(t *testing.T) {
	t.Parallel()
	stored := hash(t, password.New(cheap), right)
	dearer := password.New(password.Config{Memory: 128, Passes: 1})
	if got := verify(t, dearer, right, stored); got != (password.Result{Match: true, Outdated: true}) {
		t.Errorf("Verify = %+v, want a match that is outdated", got)
	}
	if got := verify(t, dearer, "wrong", stored); got != (password.Result{}) {
		t.Errorf("Verify of a wrong password = %+v", got)
	}
}

// One keyboard sends å as one character, another as a and a ring.
func TestComposedAndDecomposedLettersAreTheSame(t *testing.T) {
	t.Parallel()
	h := password.New(cheap)
	if got := verify(t, h, "bla\u030aba\u0308rsyltetoy", hash(t, h, "bl\u00e5b\u00e4rsyltetoy")); !got.Match {
		t.Error("the decomposed form does not match the composed one")
	}
}

func TestNewPasswordsAreChecked(t *testing.T) {
	t.Parallel()
	for plain, want := range map[string]error{
		"": password.ErrTooShort, "elleve tegn": password.ErrTooShort, "tolv tegn øå": nil, "åååååå": password.ErrTooShort,
		strings.Repeat("x", password.MaxRunes): nil, strings.Repeat("x", password.MaxRunes+1): password.ErrTooLong,
	} {
		if got := password.Check(plain); !errors.Is(got, want) {
			t.Errorf("Check of %d bytes = %v, want %v", len(plain), got, want)
		}
		if _, err := password.New(cheap).Hash(context.Background(), plain); !errors.Is(err, want) {
			t.Errorf("Hash of %d bytes = %v, want %v", len(plain), err, want)
		}
	}
}

func TestBrokenHashesAreAnError(t *testing.T) {
	t.Parallel()
	h := password.New(cheap)
	good := hash(t, h, right)
	for name, stored := range map[string]string{
		"text": "password", "argon2i": strings.Replace(good, "argon2id", "argon2i", 1), "version": strings.Replace(good, "v=19", "v=16", 1),
		"memory": strings.Replace(good, "m=64", "m=4000000000", 1), "passes": strings.Replace(good, "t=1", "t=0", 1),
		"lanes": strings.Replace(good, "p=1", "p=300", 1), "order": strings.Replace(good, "m=64,t=1", "t=1,m=64", 1),
		"cut": good[:len(good)-4], "missing": strings.Replace(good, ",p=1", "", 1), "extra": good + "$x",
	} {
		got, err := h.Verify(context.Background(), right, stored)
		if !errors.Is(err, password.ErrHash) || got.Match {
			t.Errorf("%s: Verify = %+v, %v, want ErrHash", name, got, err)
		}
	}
}

// P10: hashing cannot take more than its places, and whoever cannot get one is told so.
func TestBusy(t *testing.T) {
	t.Parallel()
	// Dear enough to outlast the others' wait by far; the test ends when it is done.
	h := password.New(password.Config{Memory: 64 * 1024, Passes: 16, Slots: 1, Wait: time.Millisecond})
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	var group sync.WaitGroup
	var mu sync.Mutex
	seen := map[string]int{}
	begin := make(chan struct{})
	for n := range 8 {
		group.Add(1)
		go func() {
			defer group.Done()
			<-begin
			ctx := context.Background()
			if n%2 == 0 {
				ctx = ended
			}
			_, err := h.Verify(ctx, right, "")
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				seen["ran"]++
			case errors.Is(err, password.ErrBusy):
				seen["busy"]++
			default:
				t.Errorf("Verify = %v", err)
			}
		}()
	}
	close(begin)
	group.Wait()
	if seen["ran"] < 1 || seen["busy"] < 1 || seen["ran"]+seen["busy"] != 8 {
		t.Errorf("of 8 at once %v, want some that ran and some that were told it is busy", seen)
	}
	if _, err := h.Verify(context.Background(), right, ""); err != nil {
		t.Errorf("afterwards: %v, want a free place", err)
	}
}
