-- Why: whether somebody may see an event was asked of all deliveries of the municipality, because no index holds all deliveries of one person: one holds
-- those in the app, the other those that stand alone. The inbox of one guardian read 80,000 rows, 0.5 s, and everything else that a guardian did which
-- reads an event paid the same. Every delivery is in the app, stands alone, or has one in the app beside it: asked like that, both are found by the
-- person (B14).
-- The previous binary: runs.
alter policy own_notices on notify.events using (
    id in (
        select d.event_id from notify.deliveries d
        where d.municipality_id = (select scope.municipality()) and d.person_id = (select scope.person()) and d.channel = 'in_app')
    or id in (
        select d.event_id from notify.deliveries d
        where d.municipality_id = (select scope.municipality()) and d.person_id = (select scope.person()) and d.alone));
