package register

import (
	"slices"
	"testing"
)

// TestForgottenColumnsAreNeverHandedOut looks at the one place where passwords could come in: a row of users.csv.
func TestForgottenColumnsAreNeverHandedOut(t *testing.T) {
	t.Parallel()
	var problems Problems
	table := openTable("sourcedId, PASSWORD ,givenName,password\np1,Hemligt1,Ida,Hemligt2\n", "users.csv", ',', &problems, "password")
	rows := 0
	table.each(func(row row) {
		rows++
		if row.raw("givenName") != "Ida" || row.raw("password") != "" || slices.Contains(row.cells, "Hemligt1") || slices.Contains(row.cells, "Hemligt2") {
			t.Errorf("cells %q", row.cells)
		}
	})
	if rows != 1 || problems.Errors > 0 {
		t.Errorf("%d rows, %s", rows, problems)
	}
}
