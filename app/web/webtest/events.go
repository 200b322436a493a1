package webtest

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// eventMistakes checks a stream of server-sent events as far as it was read: every event is a notice on one line of data, which fits the schema.
// An event that was cut off is none, as it is for a client.
func eventMistakes(schema *openapi3.Schema, text string) []string {
	blocks := strings.Split(text, "\n\n")
	var mistakes []string
	for _, block := range blocks[:len(blocks)-1] {
		name, data, told := "", "", 0
		for line := range strings.SplitSeq(block, "\n") {
			field, value, found := strings.Cut(line, ": ")
			switch {
			case strings.HasPrefix(line, ":"):
			case found && field == "event":
				name = value
			case found && field == "data":
				data, told = value, told+1
			case found && field == "retry":
				if _, err := strconv.Atoi(value); err != nil {
					mistakes = append(mistakes, "the time to wait before coming back is no number")
				}
			default:
				mistakes = append(mistakes, fmt.Sprintf("%q is no line of an event", line))
			}
		}
		if told == 0 && name == "" {
			continue
		}
		if told != 1 || name != "notice" {
			mistakes = append(mistakes, fmt.Sprintf("%q is no notice with one line of data", block))
			continue
		}
		mistakes = append(mistakes, documentMistakes(schema, []byte(data))...)
	}
	return mistakes
}
