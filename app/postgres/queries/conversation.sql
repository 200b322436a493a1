-- Both sides of a conversation. Row-level security decides who sees which.

-- name: Conversation :one
-- It is open while its guardian has access to the child there: the same rule as app.guardian_access, asked within what the caller may see.
select c.id, c.child_id, c.guardian_id, c.institution_id, c.last_message_at,
    exists (
        select from app.guardianships g
        join app.enrolments e on e.municipality_id = g.municipality_id and e.child_id = g.child_id and e.institution_id = c.institution_id
        where g.municipality_id = c.municipality_id and g.child_id = c.child_id and g.guardian_id = c.guardian_id
          and g.status = 'active' and g.ended_at is null and (e.starts_at is null or e.starts_at <= now())
          and (e.ended_at is null or e.ended_at > now())) as open
from app.conversations c
where c.municipality_id = scope.municipality() and c.id = $1;

-- name: Messages :many
-- One page, the latest first. A confidential message is not among the rows of somebody who may not open it (V18).
select * from app.messages
where municipality_id = scope.municipality() and conversation_id = @conversation_id
    and (created_at, id) < (@before_time::timestamptz, @before_id::uuid)
order by created_at desc, id desc
limit @page_size;

-- name: InsertMessage :exec
insert into app.messages (municipality_id, id, conversation_id, author_id, author_side, author_name, text, confidential, created_at)
values (scope.municipality(), @id, @conversation_id, @author_id, @author_side, @author_name, @text, @confidential, @created_at);

-- name: TouchConversation :exec
update app.conversations set last_message_at = greatest(last_message_at, @now::timestamptz)
where municipality_id = scope.municipality() and id = @id;
