package migrations_test

func init() {
	seeds = append(seeds, `insert into auth.refreshes (municipality_id, session_id, stem_hash, current_hash, rotated_at, idle_until)
		select municipality_id, id, '\x01', '\x02', now(), now() + interval '1 hour' from auth.sessions where municipality_id = $1`)
}
