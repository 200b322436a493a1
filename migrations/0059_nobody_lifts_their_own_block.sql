-- Why: a block on a member of the staff who answers for the child was theirs to read, with its sealed reason, and theirs to lift as one of the two (B8).
-- To whom it is about there is none; others who answer for the child keep it.
-- The previous binary: runs; it answers not_found.

alter policy head_reads on app.restrictions using ((select scope.caller()) = 'staff' and person_id <> (select scope.person())
    and child_id in (select app.headed_children()));
alter policy head_lifts on app.restrictions using ((select scope.caller()) = 'staff' and person_id <> (select scope.person())
    and child_id in (select app.headed_children()));
