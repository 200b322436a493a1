//go:build bench

package bench

// town is what a real municipality has besides children, guardians and schools, and what the opening of a transaction looks at: everybody's
// account and session, terms that were published twice and accepted, protected persons (one in a hundred), restrictions, a few decisions about
// each guardianship, colleagues with leaves, and clearances. The children and guardians that are measured are ordinary ones.
var town = []string{
	`insert into auth.accounts (municipality_id, id, person_id, kind, created_at, proved_at)
		select $1, md5('ac' || n)::uuid, md5('p' || n)::uuid, 'guardian', now(), now() from generate_series(1, 20000) n where n <> 20`,
	`insert into auth.sessions (municipality_id, id, kind, person_id, account_id, strong, created_at, expires_at, token_hash)
		select $1, md5('se' || n || ' ' || d)::uuid, 'guardian', md5('p' || n)::uuid, md5('ac' || n)::uuid, true, now(), now() + interval '30 days', sha256(convert_to(n || ' ' || d, 'UTF8'))
		from generate_series(1, 20000) n, generate_series(1, 2) d where n <> 20`,
	`insert into app.terms (municipality_id, version, effective_at, published_at)
		select $1, 'v' || n, now() - n * interval '300 days', now() - n * interval '300 days' from generate_series(1, 2) n`,
	`insert into app.terms_acceptances (municipality_id, person_id, version, accepted_at)
		select $1, md5('p' || n)::uuid, 'v' || v, now() from generate_series(1, 20000) n, generate_series(1, 2) v where v = 1 or n % 3 = 0`,
	`update app.persons p set protected_identity = case when x.n % 1000 = 50 then 'strict' else 'protected' end
		from (select n, md5('c' || n)::uuid as id from generate_series(50, 10000, 100) n union all select n, md5('p' || n)::uuid from generate_series(50, 20000, 100) n) x
		where p.municipality_id = $1 and p.id = x.id`,
	`insert into app.restrictions (municipality_id, id, child_id, person_id, kind, starts_at, reason_sealed, reason_key, set_by, set_at)
		select $1, md5('re' || n)::uuid, md5('c' || n)::uuid, md5('p' || n)::uuid, (array['no_access', 'no_contact', 'no_location', 'no_photo'])[1 + n % 4], now(), '\x00', 1, md5('head')::uuid, now()
		from generate_series(30, 10000, 100) n`,
	`insert into app.persons (municipality_id, id, given_name, family_name, created_at)
		select $1, md5('s' || n)::uuid, 'Staff ' || md5(n::text), 'Family ' || n % 997, now() from generate_series(1, 800) n`,
	`insert into app.staff_roles (municipality_id, id, person_id, institution_id, role, created_at)
		select $1, md5('sr' || n)::uuid, md5('s' || n)::uuid, md5('i' || 1 + n % 20)::uuid, case when n <= 20 then 'head' when n % 2 = 0 then 'leader' else 'employee' end, now()
		from generate_series(1, 800) n`,
	`insert into auth.accounts (municipality_id, id, person_id, kind, created_at) select $1, md5('as' || n)::uuid, md5('s' || n)::uuid, 'staff', now() from generate_series(1, 800) n`,
	`insert into auth.sessions (municipality_id, id, kind, person_id, account_id, strong, created_at, expires_at, token_hash)
		select $1, md5('ss' || n)::uuid, 'staff', md5('s' || n)::uuid, md5('as' || n)::uuid, true, now(), now() + interval '12 hours', sha256(convert_to('s' || n, 'UTF8'))
		from generate_series(1, 800) n`,
	`insert into app.staff_leaves (municipality_id, id, person_id, institution_id, starts_at, until, set_by, set_at)
		select $1, md5('le' || n)::uuid, md5('s' || n)::uuid, md5('i' || 1 + n % 20)::uuid, now(), now() + interval '90 days', md5('head')::uuid, now() from generate_series(40, 800, 40) n`,
	`insert into app.clearances (municipality_id, id, person_id, staff_id, granted_by, granted_at, until, reason)
		select $1, md5('cl' || n)::uuid, md5('c' || n)::uuid, md5('s' || 100 + n % 50)::uuid, md5('head')::uuid, now(), now() + interval '90 days', 'contact' from generate_series(50, 10000, 500) n`,
	`insert into app.guardianship_decisions (municipality_id, id, guardianship_id, institution_id, status, reason, decided_by, decided_at)
		select $1, md5('de' || d || a.guardianship_id)::uuid, a.guardianship_id, a.institution_id, (array['active', 'inactive', 'active'])[d], 'as wished', md5('head')::uuid, now() - (4 - d) * interval '60 days'
		from app.guardianship_access a, generate_series(1, 3) d where a.municipality_id = $1`,
}

// bareTrail is a trail without a chain, for the peer.
const bareTrail = `create table bare_trail (municipality_id uuid not null, seq bigint generated always as identity, at timestamptz not null, actor_id uuid not null,
	operation text not null, class text not null, children uuid[] not null, person_id uuid, institution_id uuid, primary key (municipality_id, seq))`
