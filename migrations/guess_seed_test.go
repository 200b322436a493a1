package migrations_test

func init() {
	seeds = append(seeds,
		`insert into auth.guesses (municipality_id, began_at, subject) values ($1, now(), '\x01')`,
		`insert into auth.alarms (municipality_id, began_at, kind, raised_at) values ($1, now(), 'sign_in_stuffing_suspected', now())`)
}
