package boot

// AsOwner lets DATABASE_MIGRATE_URL take the place of DATABASE_URL, which is then not needed: migrations are applied by the owner of the tables.
// Both may be given as files.
func AsOwner(lookup Lookup) Lookup {
	return func(name string) (string, bool) {
		for _, ending := range []string{"", "_FILE"} {
			owner, set := lookup("DATABASE_MIGRATE_URL" + ending)
			switch {
			case !set || owner == "":
			case name == "DATABASE_URL"+ending:
				return owner, true
			case name == "DATABASE_URL" || name == "DATABASE_URL_FILE":
				return "", false
			}
		}
		return lookup(name)
	}
}
