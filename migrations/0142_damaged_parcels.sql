-- Why: a row that was damaged, or written by hand, held up others (B3). A parcel that named nothing in one of its places made a claim take all that was claimed
-- with it for ended: they were dead, and had not left. One with attempts below none was put on the belt for as long as it lived, and never read there.
-- The previous binary: runs.

update notify.parcels set deliveries = array_remove(deliveries, null), attempt = greatest(attempt, 0)
where (array_position(deliveries, null) is not null or attempt < 0) and cardinality(array_remove(deliveries, null)) > 0;
delete from notify.parcels where cardinality(array_remove(deliveries, null)) = 0;

alter table notify.parcels
    add constraint a_parcel_names_what_it_holds check (array_position(deliveries, null) is null),
    add constraint attempts_are_counted_from_none check (attempt >= 0);
