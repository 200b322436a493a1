package migrations_test

func init() {
	seeds = append(seeds,
		`insert into app.terms values ($1, '2026-01', now(), now(), null)`,
		`insert into app.terms_texts values ($1, '2026-01', 'sv', 'https://example.com/villkor', 'https://example.com/integritet')`,
		`insert into app.terms_acceptances select municipality_id, person_id, '2026-01', now() from app.applications where municipality_id = $1`)
}
