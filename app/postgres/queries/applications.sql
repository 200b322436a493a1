-- Applications as cases, for the heads whom they concern.

-- name: ApplicationsOfInstitution :many
-- One page, the oldest first.
select a.id, a.person_id, a.state, a.submitted_at, a.decided_at, coalesce(p.given_name, '')::text as given_name,
    coalesce(p.family_name, '')::text as family_name, coalesce(d.reason, '')::text as note,
    array(
        select concat_ws(' ', nullif(c.given_name, ''), nullif(c.family_name, '')) from app.guardianships g
        join app.enrolments e on e.municipality_id = g.municipality_id and e.child_id = g.child_id and e.institution_id = l.institution_id
            and (e.ended_at is null or e.ended_at > now())
        join app.persons c on c.municipality_id = g.municipality_id and c.id = g.child_id
        where g.municipality_id = a.municipality_id and g.guardian_id = a.person_id and g.ended_at is null
          and g.child_id <> all ((select app.aliased_persons())::uuid[]) -- beside the name of a guardian an alias says who it is (B8)
        group by c.id, c.given_name, c.family_name order by c.given_name, c.family_name, c.id)::text[] as children,
    array(
        select distinct g.child_id from app.guardianships g
        join app.enrolments e on e.municipality_id = g.municipality_id and e.child_id = g.child_id and e.institution_id = l.institution_id
            and (e.ended_at is null or e.ended_at > now())
        where g.municipality_id = a.municipality_id and g.guardian_id = a.person_id and g.ended_at is null)::uuid[] as child_ids,
    array(
        select k.name from app.application_checks k
        where k.municipality_id = a.municipality_id and k.application_id = a.id and k.occasion = 'submitted' and k.found and k.name <> 'has_account'
        order by k.name)::text[] as reasons
from app.application_places l
join app.applications a on a.municipality_id = l.municipality_id and a.id = l.application_id
left join app.persons p on p.municipality_id = a.municipality_id and p.id = a.person_id
left join app.application_decisions d on d.municipality_id = a.municipality_id and d.application_id = a.id
where l.municipality_id = scope.municipality() and l.institution_id = @institution_id
    and l.institution_id in (select app.headed_institutions()) and a.id in (select app.headed_applications())
    and a.submitted_at is not null and (a.state = @state or a.state = 'submitted' and @state::text = 'approved')
    and (a.submitted_at, a.id) > (@after_at::timestamptz, @after_id::uuid)
order by a.submitted_at, a.id
limit @page_size;

-- name: ApplicationForDecision :one
-- Held until the transaction ends, so that two heads decide one after the other.
select a.id, a.person_id, a.state, a.submitted_at
from app.applications a
where a.municipality_id = scope.municipality() and a.id = @id and a.submitted_at is not null and a.id in (
        select l.application_id from app.application_places l
        where l.municipality_id = scope.municipality() and l.institution_id = @institution_id
          and l.institution_id in (select app.headed_institutions()))
    and a.id in (select app.headed_applications()) -- not one of the caller's family
for update;

-- name: DecideApplication :execrows
update app.applications set state = @state, decided_at = @now
where municipality_id = scope.municipality() and id = @id and state = 'queued';

-- name: InsertApplicationDecision :exec
insert into app.application_decisions (municipality_id, application_id, decision, reason, decided_by, decided_at)
values (scope.municipality(), @application_id, @decision, @reason, @decided_by, @decided_at);

-- name: SetApplicationRule :execrows
update app.municipalities
set application_policy = @policy, proof_days = @proof_days, proof_notice_days = @proof_notice_days, waiting_days = @waiting_days
where municipality_id = scope.municipality() and app.owns_municipality();

-- name: ApplicationRule :one
select application_policy, proof_days, proof_notice_days, waiting_days from app.municipalities
where municipality_id = scope.municipality() and app.owns_municipality();
