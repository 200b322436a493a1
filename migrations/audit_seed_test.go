package migrations_test

func init() {
	seeds = append(seeds,
		`insert into audit.entries (municipality_id, month, seq, at, caller, operation, class, outcome, previous, hash)
			values ($1, date_trunc('month', now())::date, 1, now(), 'staff', 'Look', 'children', 'done', decode(repeat('00', 32), 'hex'), sha256('x'))`,
		`insert into audit.heads values ($1, date_trunc('month', now())::date, 1, sha256('x'))`,
		`insert into audit.seals values ($1, date_trunc('month', now())::date - interval '1 month', 1, 1, sha256('x'), now())`,
		`insert into audit.tallies values ($1, date_trunc('hour', now()), 'Look', 'refused', gen_random_uuid(), gen_random_uuid(), 1)`,
	)
}
