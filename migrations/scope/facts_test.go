package scope_test

import (
	"reflect"
	"slices"
	"testing"

	"budstikke.example/migrations/pgtest"
	"budstikke.example/migrations/scope"
)

// Whoever is told facts about somebody else (B9) is told all that the gate decides by: each column of app.facts has a field of its name.
func TestFactsAreTheColumnsOfAppFacts(t *testing.T) {
	t.Parallel()
	var columns []string
	row := pgtest.New(t).Admin.QueryRow(t.Context(), `select proargnames[pronargs + 1:] from pg_proc where oid = 'app.facts(text, uuid)'::regprocedure`)
	if err := row.Scan(&columns); err != nil {
		t.Fatal(err)
	}
	var fields []string
	of := reflect.TypeFor[scope.Facts]()
	for i := range of.NumField() {
		if name := of.Field(i).Tag.Get("json"); name != "-" {
			fields = append(fields, name)
		}
	}
	if !slices.Equal(columns, fields) {
		t.Errorf("app.facts answers %v, and scope.Facts reads %v", columns, fields)
	}
}
