-- name: InsertEvent :exec
-- The end of its life is reckoned from the database's clock, because the claim compares it with that clock.
insert into notify.events (municipality_id, id, kind, urgency, subject_id, created_at, expires_at, traceparent)
values (@municipality_id, @id, @kind, @urgency, @subject_id, @created_at,
    clock_timestamp() + make_interval(secs => @lifetime_seconds::double precision), sqlc.narg('traceparent'));

-- name: RegisterEndpoint :one
insert into notify.endpoints as p (municipality_id, id, person_id, channel, provider, address, locale, state, verify_code,
    created_at, registered_at, verified_at)
values (@municipality_id, @id, @person_id, @channel, @provider, @address, @locale,
    case when @active::boolean then 'active' else 'unverified' end, sqlc.narg(verify_code),
    @moment::timestamptz, @moment::timestamptz, case when @active::boolean then @moment::timestamptz end)
on conflict (municipality_id, person_id, channel, md5(address), coalesce(registered_as, '')) where state <> 'retired'
do update set registered_at = greatest(p.registered_at, excluded.registered_at), locale = excluded.locale,
    verify_code = case when p.state = 'unverified' then excluded.verify_code else p.verify_code end
returning p.id, p.state, p.verify_code;

-- name: OneRegistrationAtATime :exec
-- Until the transaction ends nobody else registers an endpoint of this person, so that what is counted next is what there is.
select pg_advisory_xact_lock(hashtextextended(scope.municipality()::text || @person_id::text, 11));

-- name: RetireSurplus :exec
-- Leaves a person the endpoint kept and so many others of a channel: those named last, and verified ones before others.
update notify.endpoints p set state = 'retired', retired_reason = 'one_too_many'
where p.municipality_id = @municipality_id and p.id in (
    select o.id from notify.endpoints o
    where o.municipality_id = @municipality_id and o.person_id = @person_id and o.channel = @channel and o.state <> 'retired' and o.id <> @kept
    order by o.state = 'active' desc, o.registered_at desc, o.id desc
    offset @others::integer);

-- name: ConfirmEndpoint :one
-- Somebody who follows the link twice finds the address confirmed.
select person::uuid as person_id from notify.confirm_email(@id, @moment) as person where person is not null;

-- name: VerifyMobile :one
select endpoint::uuid as id from notify.verify_mobile(@address, @verify_code, @since, @moment) as endpoint where endpoint is not null;

-- name: InAppNotices :many
select d.id, e.kind, e.urgency, e.subject_id, d.created_at
from notify.deliveries d
join notify.events e on e.municipality_id = d.municipality_id and e.id = d.event_id
where d.municipality_id = @municipality_id and d.person_id = (select scope.person()) and d.channel = 'in_app'
  and (d.grounds <> 'child' or d.child_id in (select app.own_children()))
  and (scope.caller() <> 'staff' or d.grounds = 'staff' and d.institution_id in (select app.own_institutions())
       and (d.child_id is null or d.child_id <> all ((select app.hidden_children())::uuid[])
            and (d.child_id <> all ((select app.sealed_persons())::uuid[]) or d.institution_id = any ((select app.headed_at())::uuid[]))))
  and (sqlc.narg(before_at)::timestamptz is null or d.created_at < sqlc.narg(before_at)::timestamptz
       or d.created_at = sqlc.narg(before_at)::timestamptz and d.id > sqlc.narg(after_id)::uuid)
order by d.created_at desc, d.id
limit @most;

-- name: Progress :many
select d.channel, d.state, count(*) as count,
    count(*) filter (where d.receipt in ('delivered', 'read')) as delivered,
    count(*) filter (where d.receipt in ('undelivered', 'failed', 'canceled')) as undelivered,
    coalesce(sum(d.possible_duplicates), 0)::bigint as possible_duplicates
from notify.events e
join notify.deliveries d on d.municipality_id = e.municipality_id and d.id between notify.first_of(e.id) and notify.last_of(e.id) and d.event_id = e.id
where e.municipality_id = @municipality_id and e.subject_id = @subject_id
group by d.channel, d.state
order by d.channel, d.state;

-- name: KeepReceipt :execrows
update notify.deliveries set receipt = @receipt, receipt_rank = @receipt_rank
where municipality_id = @municipality_id and id = @id and receipt_rank < @receipt_rank;
