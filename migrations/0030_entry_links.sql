-- Why: staff come in from Aula by a signed link that works once (U6). That it was used has to be known for longer than it is valid.
-- The previous binary: runs; it knows none of this.

create table auth.entry_links (
    municipality_id uuid not null references app.municipalities,
    link_hash       bytea not null check (length(link_hash) = 32), -- digest of the link's own id
    used_at         timestamptz not null,
    primary key (municipality_id, link_hash)
);
call scope.protect_table('auth.entry_links');
create policy signin_keeps on auth.entry_links for all to budstikke_api
    using ((select scope.caller()) = 'signin') with check ((select scope.caller()) = 'signin');
grant select, insert, delete on auth.entry_links to budstikke_api;
