-- Why: a trace that begins with a request has to go on where the notice leaves, in another process and perhaps hours later (B7). What is on the belt
-- may be wiped at any moment, so the event itself remembers which trace it is of. It says nothing of anybody: two numbers drawn at random.
-- The previous binary: runs; its events are of no trace.

alter table notify.events add column traceparent text
    constraint a_traceparent_is_one check (traceparent ~ '^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$');
comment on column notify.events.traceparent is 'The span that announced it (W3C Trace Context); null where nobody traces.';
