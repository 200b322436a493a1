package migrations_test

func init() {
	seeds = append(seeds,
		`insert into auth.passkeys (municipality_id, id, account_id, credential_id, public_key, opens, name, aaguid, transports, sign_count,
			backup_eligible, backed_up, user_verified, created_at)
			select municipality_id, gen_random_uuid(), id, '\x01', '\x01', kind, 'P', gen_random_uuid(), '{internal}', 0, true, true, true, now()
			from auth.accounts where municipality_id = $1`,
		`insert into auth.passkey_challenges (municipality_id, challenge_hash, purpose, session_id, made_at)
			select municipality_id, decode(repeat('01', 32), 'hex'), 'prove', id, now() from auth.sessions where municipality_id = $1 limit 1`,
	)
}
