package tryout_test

import (
	"net"
	"strconv"
	"strings"
	"testing"

	"budstikke.example/cmd/budstikke/internal/tryout"
)

// TestAPlaceThatIsTakenIsNamedByItsOption holds that whoever starts a second one is told what to say instead.
func TestAPlaceThatIsTakenIsNamedByItsOption(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, text, _ := net.SplitHostPort(taken.Addr().String())
	port, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		address string
		page    int
		say     []string
	}{
		"free":             {address: "127.0.0.1:0"},
		"the page's port":  {address: "127.0.0.1:0", page: port, say: []string{"--sandbox PORT"}},
		"the API's":        {address: taken.Addr().String(), say: []string{"--address host:port"}},
		"both":             {address: taken.Addr().String(), page: port, say: []string{"--sandbox PORT", "--address host:port"}},
		"a port alone":     {address: "8085", say: []string{"--address 127.0.0.1:8085"}},
		"no port that is":  {address: "127.0.0.1:80850", say: []string{"--address host:port"}},
		"no port that was": {address: "127.0.0.1:0", page: -1, say: []string{"--sandbox PORT"}},
	} {
		err := tryout.Free(c.address, c.page)
		if (err == nil) != (c.say == nil) {
			t.Errorf("%s: %v", name, err)
		}
		for _, say := range c.say {
			if err != nil && !strings.Contains(err.Error(), say) {
				t.Errorf("%s: %v does not say %s", name, err, say)
			}
		}
	}
}
