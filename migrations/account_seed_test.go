package migrations_test

func init() {
	seeds = append(seeds,
		`insert into auth.letters (municipality_id, id, person_id, purpose, username, code_hash, issued_by, issued_at, expires_at)
			select municipality_id, gen_random_uuid(), id, 'staff', 'somebody', '\x01', id, now(), now() + interval '1 day' from app.persons
			where municipality_id = $1 limit 1`,
		`insert into auth.recovery_codes (municipality_id, account_id, code_hash, code_key, made_at)
			select municipality_id, id, '\x01', 1, now() from auth.accounts where municipality_id = $1`,
	)
}
