-- Why: what a request is refused for, a notice must be refused for too, by the same decision (B9, V15). The worker claims deliveries together with
-- the facts about each receiver, from the same statement, and asks the policy; app.reachable stays as the second net. Why a notice was kept back
-- is kept beside it, in the decision's own word.
-- The previous binary: runs; it asks app.reachable alone and leaves the new column empty.

alter table notify.deliveries add column refusal text;
comment on column notify.deliveries.refusal is 'Why the policy refused it at the claim; null for what was not refused, or not by the policy.';

-- receiver_facts tells, for a batch of notices, what the policy decides by for each receiver (access.Facts), by position from 1. Active: for a
-- person's own matters, that there is an account or an application of theirs. How a guardian stands to the child is looked up only where the
-- rule of access gives them nothing: it is the reason then, and no matter otherwise.
create function app.receiver_facts(municipality_ids uuid[], person_ids uuid[], grounds text[], child_ids uuid[], institution_ids uuid[])
    returns table (n bigint, active boolean, relation text, access boolean, place boolean, roles text[], restricted boolean, no_contact boolean)
    language sql stable security definer set search_path = ''
    as $$
        select t.n,
            t.grounds <> 'self' or exists (
                select from auth.accounts a where a.municipality_id = t.municipality_id and a.person_id = t.person_id and a.ended_at is null) or exists (
                select from app.applications p
                where p.municipality_id = t.municipality_id and p.person_id = t.person_id
                  and (p.state in ('open', 'queued') or p.state = 'declined' and p.decided_at > now() - interval '3 days')),
            case when g.has then 'active' when t.grounds <> 'child' then 'none' else coalesce((
                select case when x.ended_at is not null then 'ended' else coalesce((
                    select case a.status when 'imported' then 'inactive' else a.status end from app.guardianship_access a
                    where a.municipality_id = t.municipality_id and a.guardianship_id = x.id
                      and (t.institution_id is null or a.institution_id = t.institution_id)
                    order by array_position(array['active', 'suspended', 'inactive', 'imported', 'ended'], a.status) limit 1), 'inactive') end
                from app.guardianships x
                where x.municipality_id = t.municipality_id and x.child_id = t.child_id and x.guardian_id = t.person_id), 'none') end,
            g.has,
            t.grounds = 'institution' and exists (
                select from app.guardian_access a
                where a.municipality_id = t.municipality_id and a.guardian_id = t.person_id and a.institution_id = t.institution_id),
            case when t.grounds = 'staff' then array(
                select a.role from app.staff_access a
                where a.municipality_id = t.municipality_id and a.person_id = t.person_id and a.institution_id = t.institution_id) else '{}' end,
            t.grounds = 'child' and 'no_access' = any (r.kinds), t.grounds = 'child' and 'no_contact' = any (r.kinds)
        from unnest(municipality_ids, person_ids, grounds, child_ids, institution_ids) with ordinality
            as t (municipality_id, person_id, grounds, child_id, institution_id, n)
        cross join lateral (select t.grounds = 'child' and exists (
            select from app.guardian_access a
            where a.municipality_id = t.municipality_id and a.guardian_id = t.person_id and a.child_id = t.child_id
              and (t.institution_id is null or a.institution_id = t.institution_id)) as has) g
        cross join lateral (select case when t.grounds = 'child' then array(
            select x.kind from app.restrictions_now x
            where x.municipality_id = t.municipality_id and x.child_id = t.child_id and x.person_id = t.person_id) else '{}' end as kinds) r
    $$;
call scope.hand_over('app.receiver_facts(uuid[], uuid[], text[], uuid[], uuid[])', 'budstikke_worker');
