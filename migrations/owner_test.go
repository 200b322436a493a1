package migrations_test

import (
	"testing"

	"budstikke.example/migrations/pgtest"
)

// The owner that docs/operations.md asks for is no superuser and is bound by row-level security. Everything can be migrated as that owner, and whose
// rights the functions of access run with may make nothing anywhere afterwards.
func TestOwnerNeedsToBeNoSuperuser(t *testing.T) {
	t.Parallel()
	d := pgtest.Before(t, "people")
	d.Upgrade(t)
	for _, row := range rows(t, d.Database, `select nspname::text from pg_namespace where has_schema_privilege('budstikke_access', oid, 'create') and nspname !~ '^pg_'`) {
		t.Errorf("budstikke_access may create in the schema %s", row)
	}
	if names := rows(t, d.Database, `select c.relname::text from pg_class c join pg_roles r on r.oid = c.relowner where c.relkind = 'r' and relnamespace = 'notify'::regnamespace and r.rolsuper`); len(names) > 0 {
		t.Errorf("a superuser owns %v", names)
	}
}
