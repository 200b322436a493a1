package migrations_test

import (
	"testing"

	"budstikke.example/migrations/pgtest"
)

// B8: the lists of protected persons are made by the first who asks for them. Whoever read the setting instead of asking would find an empty list, and
// keep nobody's name, until somebody else had asked.
func TestOnlyTheirFunctionsReadTheListsOfProtectedPersons(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	const setting = `budstikke\.(hidden|sealed|aliased)`
	named := rows(t, d, `select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
		where n.nspname in `+ourSchemas+` and p.prosrc ~ $1 order by 1`, setting)
	may := map[string]bool{
		"app.kept(text)": true, "app.hidden_children()": true, "app.sealed_persons()": true, "app.aliased_persons()": true, // make and ask for them
		"app.unseal_for_closing(uuid,uuid)": true, "app.seal_again(text)": true, // take one child out of a list that was asked for, and put it back
	}
	for _, f := range named {
		if !may[f] {
			t.Errorf("%s reads a list that nobody may have made: it has to ask app.hidden_children, app.sealed_persons or app.aliased_persons", f)
		}
		delete(may, f)
	}
	for f := range may {
		t.Errorf("%s names no list any more", f)
	}
	for _, v := range rows(t, d, `select c.oid::regclass::text from pg_class c where c.relkind = 'v' and pg_get_viewdef(c.oid) ~ $1
		union all select p.polname || ' on ' || p.polrelid::regclass from pg_policy p
		where coalesce(pg_get_expr(p.polqual, p.polrelid), '') || coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '') ~ $1`, setting) {
		t.Errorf("%s reads a list that nobody may have made", v)
	}
}
