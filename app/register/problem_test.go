package register_test

import (
	"fmt"
	"strings"
	"testing"

	"budstikke.example/app/register"
)

// TestNoProblemRepeatsANumber puts an identity number into every column in turn, as shifted columns do, and into the
// heading row, as files without one do.
func TestNoProblemRepeatsANumber(t *testing.T) {
	t.Parallel()
	number := childNumber(t, 3)
	written := number[:8] + "-" + number[8:]
	for _, form := range []string{number, written, written + "x", number[2:], "0" + number, "Anna " + written} {
		for _, head := range admissionHeads {
			_, problems := parseAdmission(t, admission(t, ";", cells{head: form}, cells{head: form + ";" + form}))
			refuseDigits(t, problems, number)
		}
		_, problems := parseAdmission(t, strings.Repeat(form+";", 17)+"\n"+admission(t, ";", cells{}))
		refuseDigits(t, problems, number)
	}
}

func refuseDigits(t *testing.T, problems register.Problems, number string) {
	t.Helper()
	digits := strings.Map(func(r rune) rune {
		if r == '-' || r == ' ' {
			return -1
		}
		return r
	}, problems.String())
	if strings.Contains(digits, number[2:]) {
		t.Fatalf("an identity number is repeated in\n%s", problems)
	}
}

func TestProblemsAreBoundedAndErrorsComeFirst(t *testing.T) {
	t.Parallel()
	var rows []cells
	for i := range register.MaxProblems + 200 { // each row has an e-mail address that is none
		rows = append(rows, cells{"Personnummer": "", "Barn": fmt.Sprint("Alm, Barn ", i)})
	}
	rows[len(rows)-1]["Barn"] = ""
	text := admission(t, ";", rows...)
	_, problems := parseAdmission(t, text)
	if len(problems.List) != register.MaxProblems || problems.Omitted() != problems.Errors-register.MaxProblems || problems.Errors <= len(rows)-1 {
		t.Errorf("%d listed, %d errors in %d rows", len(problems.List), problems.Errors, len(rows))
	}
	for i := range rows {
		rows[i] = cells{"Personnummer": childNumber(t, i%300), "VH1": adultNumber(t, i), "VH1 e-post": "nobody"}
	}
	rows[len(rows)-1]["Barn"] = ""
	_, problems = parseAdmission(t, admission(t, ";", rows...))
	if last := problems.List[len(problems.List)-1]; last.Severity != register.SeverityError || len(problems.List) != register.MaxProblems {
		t.Errorf("the one error is not listed among %d problems", problems.Errors+problems.Warnings)
	}
	if !strings.Contains(problems.String(), "more that are not listed") || !strings.Contains(problems.String(), "Nothing was imported") {
		t.Error("the text does not say what was left out and what happened")
	}
}
