package sms_test

import (
	"os/exec"
	"strings"
	"testing"
)

// V20: no routine text message can be written down. The compiler is asked: the justified way builds, every other way does not, for the
// reason that is expected.
func TestCompilerRefusesRoutineSMS(t *testing.T) {
	t.Parallel()
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("no go command to ask")
	}
	for name, wants := range map[string][]string{
		"justified": nil,
		"mail":      {"cannot use notify.Mail{} (value of struct type notify.Mail) as notify.SMS value"},
		"handmade":  {"cannot refer to unexported field delivery", "cannot refer to unexported field words"},
		"routine": {
			"cannot convert lookalike{} (value of struct type lookalike) to type notify.SMS",
			"cannot use notify.ChannelSMS (constant \"sms\" of string type notify.Channel) as notify.RoutineChannels value",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := exec.CommandContext(t.Context(), goTool, "build", "-o", "/dev/null", "./testdata/"+name).CombinedOutput()
			if wants == nil {
				if err != nil {
					t.Fatalf("the justified way does not build, so the others prove nothing:\n%s", out)
				}
				return
			}
			if err == nil {
				t.Fatal("it builds: a routine SMS can be written down")
			}
			for _, want := range wants {
				if !strings.Contains(string(out), want) {
					t.Errorf("refused, but not because of %q:\n%s", want, out)
				}
			}
		})
	}
}
