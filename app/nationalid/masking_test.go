package nationalid_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"budstikke.example/app/nationalid"
)

func TestNumberNeverShowsItself(t *testing.T) {
	t.Parallel()
	n, err := nationalid.Parse(nationalid.Norway, "16822548834", today)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "number", n, "inside", struct{ N nationalid.Number }{n}, "many", []nationalid.Number{n})
	asJSON, err := json.Marshal(map[string]any{"n": n, "p": &n})
	if err != nil {
		t.Fatal(err)
	}
	shown := log.String() + string(asJSON)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%X", "%o", "%T", "%20v"} {
		shown += fmt.Sprintf(verb+" "+verb+" ", n, &n) + fmt.Sprintf(verb, struct{ N nationalid.Number }{n})
	}
	for _, part := range []string{"16822548834", "168225", "48834", fmt.Sprintf("%x", "16822548834"), "1925"} {
		if strings.Contains(shown, part) {
			t.Errorf("%q shows in %s", part, shown)
		}
	}
	if n.String() != "NO:***" {
		t.Errorf("String() = %q", n.String())
	}
	if zero := (nationalid.Number{}); zero.String() != "(no identity number)" || !zero.Birth().IsZero() || zero.Confirmed() {
		t.Error("the zero Number passes for a number")
	}
}
