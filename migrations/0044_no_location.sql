-- Why: a restriction of the kind no_location was stored and asked by the audience of the day only. Where the child is, its institution and group,
-- is not told to whoever it keeps from knowing (B8).
-- The previous binary: runs; it tells.

-- unlocated answers the children of which the guardian of this transaction is not told where they are.
create function app.unlocated() returns uuid[]
    language sql stable security definer set search_path = ''
    as $$
        select coalesce(array_agg(x.child_id), '{}') from app.restrictions_now x
        where x.municipality_id = scope.municipality() and x.person_id = scope.person() and x.kind = 'no_location' and scope.caller() = 'guardian'
    $$;
call scope.hand_over('app.unlocated()', 'budstikke_api');
comment on function app.unlocated is 'The children of which the guardian of this transaction is not told where they are (B8).';
