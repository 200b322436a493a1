package main

import (
	"context"
	"encoding/base32"
	"encoding/json"
	"errors"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app/register/demodata"
	"budstikke.example/auth/password"
	"budstikke.example/auth/proof"
	"budstikke.example/auth/store"
	"budstikke.example/auth/totp"
	"budstikke.example/migrations/scope"
	"budstikke.example/migrations/seal"
)

// enrolled is what the command printed.
type enrolled struct {
	Municipality, Username, Password string
	OTPAuthURL                       string `json:"otpauth_url"`
}

// employ brings children, guardians and staff of the demo in.
func (o *office) employ(t *testing.T) demodata.Demo {
	t.Helper()
	demo, err := demodata.Generate(demodata.Options{})
	if err != nil {
		t.Fatal(err)
	}
	o.municipality(t)
	if _, errs, code := o.list(); code != 0 {
		t.Fatalf("the admission list: %d\n%s", code, errs)
	}
	if _, errs, code := o.run("import", "list", o.path(demodata.StaffFile), "--mapping", o.path(demodata.StaffMappingFile), "--municipality=exempelby"); code != 0 {
		t.Fatalf("the staff list: %d\n%s", code, errs)
	}
	return demo
}

func (o *office) enrol(t *testing.T, arguments ...string) enrolled {
	t.Helper()
	out, errs, code := o.run(append([]string{"staff", "enrol", "--municipality=exempelby", "--json"}, arguments...)...)
	var e enrolled
	if err := json.Unmarshal([]byte(out), &e); err != nil || code != 0 || errs != "" {
		t.Fatalf("not one JSON document and nothing else: %v, code %d\n%s", err, code, errs)
	}
	return e
}

// signIn signs in with what was printed, as staff do, with the code of a time.
func (o *office) signIn(t *testing.T, e enrolled, at time.Time) error {
	t.Helper()
	address, err := url.Parse(e.OTPAuthURL)
	if err != nil || address.Scheme != "otpauth" || address.Host != "totp" {
		t.Fatalf("the second factor is no otpauth address: %v", err)
	}
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(address.Query().Get("secret"))
	if err != nil {
		t.Fatal(err)
	}
	code, err := totp.Code(secret, totp.Step(at))
	if err != nil {
		t.Fatal(err)
	}
	key := func(name string) string {
		for _, setting := range o.env {
			if value, found := strings.CutPrefix(setting, name+"="); found {
				return value
			}
		}
		return ""
	}
	keys, err := seal.Parse(key("NATIONAL_ID_KEYS"), key("BLIND_INDEX_KEYS"))
	if err != nil {
		t.Fatal(err)
	}
	var municipality uuid.UUID
	if err := o.Admin.QueryRow(context.Background(), "select municipality_id from app.municipalities").Scan(&municipality); err != nil {
		t.Fatal(err)
	}
	signIn := &proof.Password{DB: o.API, Hasher: password.New(password.Config{}), Keys: keys}
	try := proof.Try{Username: e.Username, Password: e.Password, Code: code, Address: netip.MustParseAddr("192.0.2.7")}
	return signIn.Prove(context.Background(), municipality, try, func(tx *scope.Tx, who proof.Holder) error {
		_, _, err := store.StartSession(context.Background(), tx, store.NewSession{Kind: scope.Staff, Person: who.Person, Account: who.Account, Strong: true})
		return err
	})
}

// Whoever works there can sign in, with what is printed once and kept nowhere in clear; enrolled anew, with the new one only (U5, P10).
func TestStaffAreEnrolled(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	demo := o.employ(t)
	head := demo.Cast.KindergartenHead
	o.write(t, "number", []byte(head.Number.Digits()+"\n"))
	first := o.enrol(t, "--username="+strings.ToUpper(head.Email), "--national-id-file="+o.path("number"))
	if first.Municipality != "exempelby" || first.Username != strings.ToLower(head.Email) || len(first.Password) < 20 {
		t.Fatalf("printed %q for %q", first.Username, first.Municipality)
	}
	now := o.Clock.Now()
	if err := o.signIn(t, first, now); err != nil {
		t.Fatalf("signing in with what was printed: %v", err)
	}
	if n := o.count(t, `auth.passwords where position($$`+first.Password+`$$ in passwords::text) > 0`); n != 0 {
		t.Error("the password is kept in clear")
	}
	id := ""
	if err := o.Admin.QueryRow(context.Background(), `select r.source_id from app.register_records r join auth.accounts a on a.person_id = r.row_id
		where r.noun = 'person' limit 1`).Scan(&id); err != nil {
		t.Fatal(err)
	}
	again := o.enrol(t, "--username="+head.Email, "--source-id="+id)
	if again.Password == first.Password || again.OTPAuthURL == first.OTPAuthURL {
		t.Error("enrolled anew they get what they had")
	}
	if err := o.signIn(t, first, now); !errors.Is(err, proof.ErrRefused) {
		t.Errorf("what was printed first still counts: %v", err)
	}
	if err := o.signIn(t, again, now); err != nil {
		t.Errorf("signing in with what was printed last: %v", err)
	}
	if open, accounts := o.count(t, "auth.sessions where ended_at is null"), o.count(t, "auth.accounts"); open != 1 || accounts != 1 {
		t.Errorf("%d sessions are open, want the last one; %d accounts, want one (H2)", open, accounts)
	}
	o.write(t, "leader", []byte(demo.Cast.KindergartenLeader.Number.Digits()))
	out, _, code := o.run("staff", "enrol", "--municipality=exempelby", "--username=leader@example.com", "--national-id-file="+o.path("leader"))
	if code != 0 || !strings.Contains(out, "otpauth://") || strings.Contains(out, demo.Cast.KindergartenLeader.Number.Digits()) {
		t.Errorf("for people: code %d", code)
	}
}

// Only whom the register gives a staff role is enrolled (V5); nobody else gets an account, and no number is repeated.
func TestOnlyStaffAreEnrolled(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	demo := o.employ(t)
	o.write(t, "head", []byte(demo.Cast.KindergartenHead.Number.Digits()))
	o.write(t, "guardian", []byte(demo.Cast.Applicant.Number.Digits()))
	o.write(t, "stranger", []byte(demo.Cast.Stranger.Number.Digits()))
	o.write(t, "garbled", []byte("19121212-12xx"))
	for name, c := range map[string]struct {
		arguments []string
		code      int
	}{
		"a guardian":               {[]string{"--municipality=exempelby", "--national-id-file=" + o.path("guardian")}, 1},
		"somebody unknown":         {[]string{"--municipality=exempelby", "--national-id-file=" + o.path("stranger")}, 1},
		"an unknown id":            {[]string{"--municipality=exempelby", "--source-id=nobody"}, 1},
		"no number":                {[]string{"--municipality=exempelby", "--national-id-file=" + o.path("garbled")}, 1},
		"another municipality":     {[]string{"--municipality=elsewhere", "--national-id-file=" + o.path("head")}, 1},
		"nobody in particular":     {[]string{"--municipality=exempelby"}, 2},
		"two ways of naming them":  {[]string{"--municipality=exempelby", "--source-id=x", "--national-id-file=" + o.path("head")}, 2},
		"a file that is not there": {[]string{"--municipality=exempelby", "--national-id-file=" + o.path("nothing")}, 2},
	} {
		out, errs, code := o.run(append([]string{"staff", "enrol", "--username=somebody@example.com"}, c.arguments...)...)
		if code != c.code || out != "" && c.code == 1 || errs == "" {
			t.Errorf("%s: code %d, want %d\n%s\n%s", name, code, c.code, out, errs)
		}
		for _, who := range []demodata.Member{demo.Cast.Applicant, demo.Cast.Stranger} {
			if strings.Contains(errs, who.Number.Digits()) || strings.Contains(errs, "12xx") {
				t.Errorf("%s: the number is repeated", name)
			}
		}
	}
	if n := o.count(t, "auth.accounts"); n != 0 {
		t.Errorf("%d accounts were opened", n)
	}
	o.enrol(t, "--username=taken@example.com", "--national-id-file="+o.path("head"))
	o.write(t, "leader", []byte(demo.Cast.KindergartenLeader.Number.Digits()))
	_, errs, code := o.run("staff", "enrol", "--municipality=exempelby", "--username=Taken@example.com", "--national-id-file="+o.path("leader"))
	if code != 1 || !strings.Contains(errs, "taken") {
		t.Errorf("a user name of somebody else's: code %d\n%s", code, errs)
	}
}
