package migrations_test

func init() {
	seeds = append(seeds,
		`insert into auth.oidc_orders (municipality_id, id, holder_hash, state_hash, provider, audience, client, secrets_sealed, secrets_key, started_at)
			values ($1, gen_random_uuid(), '\x01', '\x02', 'unilogin', 'staff', 'app', '\x01', 1, now())`,
		`insert into auth.identities
			select municipality_id, gen_random_uuid(), guardian_id, 'https://issuer.example', '\x01', 1, now(), now() from app.guardianships
			where municipality_id = $1`)
}
