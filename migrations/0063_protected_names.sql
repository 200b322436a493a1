-- Why: the name of somebody with a protected identity stood in app.persons like any other, and every list had to remember to leave it out (B8, P5).
-- Now there are three levels, and of those with the two higher ones app.persons holds an alias only: what nobody asks for in particular shows the
-- alias, whoever wrote the query. The name and the contact details are kept in app.protected_names, which the person, their own family and those
-- with a clearance read.
-- marked is what protected was: those who answer for the place and the child's own group read the name. Whoever was protected becomes marked, and
-- nobody sees more or less of them; a register that means more (kode 7, skyddad folkbokföring) raises them with its next import. strict stays.
-- The previous binary: runs, and shows aliases. An import of its would lower marked, which it does not know, and is refused as a whole.

alter table app.persons drop constraint persons_protected_identity_check;
alter table app.persons add constraint persons_protected_identity_check check (protected_identity in ('none', 'marked', 'protected', 'strict'));

set local role budstikke_access; -- which alone sees every municipality
update app.persons set protected_identity = 'marked' where protected_identity = 'protected';
reset role;
alter table app.partner_children drop constraint partner_children_protection_check;
alter table app.partner_children add constraint partner_children_protection_check check (protection in ('none', 'marked', 'protected', 'strict'));
grant update (protection) on app.partner_children to budstikke_access;
set local role budstikke_access;
update app.partner_children set protection = 'marked' where protection = 'protected';
reset role;
revoke update (protection) on app.partner_children from budstikke_access;
grant update (fields) on app.register_records to budstikke_access;
set local role budstikke_access;
update app.register_records set fields = jsonb_set(fields, '{protected}', '"marked"') where noun = 'person' and fields->>'protected' = 'protected';
update app.held_changes set was = replace(was, 'protected', 'marked'), wants = replace(wants, 'protected', 'marked')
where kind = 'protection_lowered' and 'protected' in (was, wants);
reset role;
revoke update (fields) on app.register_records from budstikke_access;

-- protection_rank orders the levels.
create or replace function app.protection_rank(level text) returns integer
    language sql immutable parallel safe
    as $$ select case level when 'strict' then 3 when 'protected' then 2 when 'marked' then 1 else 0 end $$;

-- The row comes into being before the person's own, in a trigger, so that the name is never written where everybody reads.
create table app.protected_names (
    municipality_id uuid not null,
    person_id       uuid not null,
    given_name      text not null,
    family_name     text not null,
    contact_email   text, -- never of a strictly protected person
    contact_mobile  text,
    alias_given     text not null check (length(alias_given) <= 60),
    alias_family    text not null check (length(alias_family) <= 60),
    alias_set_by    uuid, -- null while it is the one that was drawn
    version         integer not null default 1,
    primary key (municipality_id, person_id),
    foreign key (municipality_id, person_id) references app.persons (municipality_id, id) on delete cascade deferrable initially deferred,
    foreign key (municipality_id, alias_set_by) references app.persons (municipality_id, id),
    check (length(alias_given) + length(alias_family) > 0)
);
call scope.protect_table('app.protected_names');
create policy reads_own on app.protected_names for select to budstikke_api
    using ((select scope.caller()) in ('guardian', 'applicant', 'staff') and person_id = (select scope.person())
        or (select scope.caller()) = 'guardian' and person_id = any ((select app.held_children())::uuid[]));
create policy registers_compare on app.protected_names for select to budstikke_api using ((select scope.caller()) = 'register');
grant select on app.protected_names to budstikke_api;
grant select, insert, update, delete on app.protected_names to budstikke_access;
grant select (municipality_id, author_id), update (author_name) on app.messages to budstikke_access;

-- keep_protected_name keeps the name of a protected person out of app.persons, whoever writes it: a register, staff, an administrator. The alias is
-- drawn, and says nothing of who it is; "Person" is the same word in the languages that Budstikke speaks. Where a protection falls to marked or
-- none, which two people decide (B8), the name comes back.
create function app.keep_protected_name() returns trigger
    language plpgsql security definer set search_path = ''
    as $$
    declare
        kept app.protected_names;
        shut constant boolean := new.protected_identity in ('protected', 'strict');
    begin
        select n.* into kept from app.protected_names n where n.municipality_id = new.municipality_id and n.person_id = new.id for update;
        if not shut then
            if found then
                if (new.given_name, new.family_name) = (kept.alias_given, kept.alias_family) then
                    new.given_name := kept.given_name;
                    new.family_name := kept.family_name;
                end if;
                new.contact_email := coalesce(new.contact_email, kept.contact_email);
                new.contact_mobile := coalesce(new.contact_mobile, kept.contact_mobile);
                delete from app.protected_names n where n.municipality_id = new.municipality_id and n.person_id = new.id;
            end if;
            return new;
        end if;
        if not found then
            kept.alias_given := 'Person';
            loop
                kept.alias_family := (10000 + floor(random() * 90000))::integer::text;
                exit when not exists (
                    select from app.protected_names n
                    where n.municipality_id = new.municipality_id and n.alias_given = kept.alias_given and n.alias_family = kept.alias_family);
            end loop;
            insert into app.protected_names (municipality_id, person_id, given_name, family_name, contact_email, contact_mobile, alias_given, alias_family)
            values (new.municipality_id, new.id, new.given_name, new.family_name, new.contact_email, new.contact_mobile, kept.alias_given, kept.alias_family);
            update app.messages m set author_name = concat_ws(' ', kept.alias_given, kept.alias_family)
            where m.municipality_id = new.municipality_id and m.author_id = new.id;
        elsif (new.given_name, new.family_name) <> (kept.alias_given, kept.alias_family) then
            update app.protected_names n set given_name = new.given_name, family_name = new.family_name
            where n.municipality_id = new.municipality_id and n.person_id = new.id;
        end if;
        update app.protected_names n
        set contact_email = case when new.protected_identity <> 'strict' then coalesce(new.contact_email, n.contact_email) end,
            contact_mobile = case when new.protected_identity <> 'strict' then coalesce(new.contact_mobile, n.contact_mobile) end
        where n.municipality_id = new.municipality_id and n.person_id = new.id;
        new.given_name := kept.alias_given;
        new.family_name := kept.alias_family;
        new.contact_email := null;
        new.contact_mobile := null;
        return new;
    end
    $$;
call scope.hand_over('app.keep_protected_name()', variadic '{}');
create trigger keep_protected_name before insert on app.persons
    for each row when (new.protected_identity in ('protected', 'strict')) execute function app.keep_protected_name();
create trigger keep_protected_name_too before update of given_name, family_name, contact_email, contact_mobile, protected_identity on app.persons
    for each row when (old.protected_identity in ('protected', 'strict') or new.protected_identity in ('protected', 'strict'))
    execute function app.keep_protected_name();

-- A new alias shows at once, also on what was written under the old one.
create function app.show_alias() returns trigger
    language plpgsql security definer set search_path = ''
    as $$
    begin
        update app.persons p set given_name = new.alias_given, family_name = new.alias_family
        where p.municipality_id = new.municipality_id and p.id = new.person_id;
        update app.messages m set author_name = trim(new.alias_given || ' ' || new.alias_family)
        where m.municipality_id = new.municipality_id and m.author_id = new.person_id;
        return null;
    end
    $$;
call scope.hand_over('app.show_alias()', variadic '{}');
create trigger show_alias after update of alias_given, alias_family on app.protected_names
    for each row when ((old.alias_given, old.alias_family) is distinct from (new.alias_given, new.alias_family)) execute function app.show_alias();
grant update (given_name, family_name) on app.persons to budstikke_access;

-- Who is protected already.
set local role budstikke_access; -- which alone sees every municipality
update app.persons set protected_identity = protected_identity where protected_identity in ('protected', 'strict');
reset role;

-- Where a protected person is named with others, they are told apart by their whole alias; who is marked stays unnamed there, as before.
grant create on schema app, auth to budstikke_access;
do $$
declare
    change record;
    before text;
    after text;
begin
    for change in select * from (values
        ('app.review_names(uuid, uuid[])', 'protected_identity = ''none''', 'protected_identity <> ''marked'''),
        ('app.roll_call(timestamptz)', 'when c.protected_identity <> ''none'' then ''''',
            'when c.protected_identity = ''marked'' then '''' when c.protected_identity <> ''none'' then trim(c.given_name || '' '' || c.family_name)'),
        ('auth.tablet_staff()', 'when p.protected_identity <> ''none'' then p.given_name', 'when p.protected_identity = ''marked'' then p.given_name'),
        ('app.raise_protection(uuid)', 'protected_identity = ''protected''', 'protected_identity = ''marked'''), -- all that a sign-in says
        ('app.own_partner_children()', '(c.protected_identity = ''none'' or c.protected_identity = n.protection or n.protection = ''strict'')',
            'app.protection_rank(c.protected_identity) <= app.protection_rank(n.protection)'), -- by its alias, as the head named it
        ('auth.words_about(uuid)', 'union select p.given_name from', 'union select n.given_name from app.protected_names n where n.municipality_id = scope.municipality() and n.person_id = someone
            union select n.family_name from app.protected_names n where n.municipality_id = scope.municipality() and n.person_id = someone
            union select p.given_name from')) x (f, was, is_now) loop
        before := pg_get_functiondef(change.f::regprocedure);
        after := replace(before, change.was, change.is_now);
        if after = before then
            raise exception '% is not as this migration expects it', change.f;
        end if;
        execute after;
    end loop;
end
$$;
revoke create on schema app, auth from budstikke_access;
