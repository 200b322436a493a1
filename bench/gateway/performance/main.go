// Command performance writes the tables of docs/performance.md anew from bench/results/latest.json: make bench/table. What stands between
// <!-- bench: NAME --> and <!-- end --> is the table of that benchmark, or what is computed from it (cost.go).
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"

	"budstikke.example/bench/gateway/result"
)

func main() {
	from := flag.String("from", "../results/latest.json", "the figures")
	page := flag.String("page", "../../docs/performance.md", "the page with the marks")
	flag.Parse()
	if err := write(*from, *page); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func write(from, page string) error {
	lines, err := result.Read(from)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	var out strings.Builder
	rest := string(text)
	for {
		before, after, found := strings.Cut(rest, "<!-- bench: ")
		out.WriteString(before)
		if !found {
			return os.WriteFile(page, []byte(out.String()), 0o644)
		}
		name, after, named := strings.Cut(after, " -->")
		_, after, ended := strings.Cut(after, "<!-- end -->")
		if !named || !ended {
			return fmt.Errorf("%s: a mark of %q has no end", page, name)
		}
		fmt.Fprintf(&out, "<!-- bench: %s -->\n%s<!-- end -->", name, table(lines, name))
		rest = after
	}
}

func table(lines []result.Line, bench string) string {
	if bench == costMark {
		return cost(lines)
	}
	var own []result.Line
	for _, l := range lines {
		if l.Bench == bench {
			own = append(own, l)
		}
	}
	if len(own) == 0 {
		return "Not measured yet.\n"
	}
	return "\nMeasured at " + own[0].MeasuredAt + ".\n\n" + result.Table(own) + "\n"
}
