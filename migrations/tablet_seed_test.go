package migrations_test

func init() {
	seeds = append(seeds,
		`insert into auth.tablets (municipality_id, id, group_id, name, public_key, secret_hash, generation, proved_at, enrolled_by, enrolled_at)
			select u.municipality_id, gen_random_uuid(), u.group_id, 'T', decode(repeat('01', 32), 'hex'), '\x01', 1, now(), p.guardian_id, now()
			from auth.shared_users u join app.guardianships p using (municipality_id) where municipality_id = $1`,
		`insert into auth.tablet_codes (municipality_id, code_hash, group_id, made_by, made_at, expires_at)
			select u.municipality_id, '\x01', u.group_id, p.guardian_id, now(), now() + interval '1 minute'
			from auth.shared_users u join app.guardianships p using (municipality_id) where municipality_id = $1`,
		`insert into auth.pins (municipality_id, person_id, pin_hash, pepper_key, set_at)
			select municipality_id, guardian_id, 'x', 1, now() from app.guardianships where municipality_id = $1`,
		`insert into auth.pin_tries (municipality_id, tablet_id, person_id, tries)
			select municipality_id, id, enrolled_by, 1 from auth.tablets where municipality_id = $1`,
	)
}
