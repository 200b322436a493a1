package migrations_test

func init() {
	seeds = append(seeds, `insert into auth.entry_links (municipality_id, link_hash, used_at) values ($1, sha256('\x01'), now())`)
}
