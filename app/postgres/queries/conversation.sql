-- Both sides of a conversation. Row-level security decides who sees which.

-- name: Conversation :one
-- It is open while its guardian has access to the child there and nothing keeps them out of contact (B8, V14).
select c.id, c.child_id, c.guardian_id, c.institution_id, c.last_message_at, app.thread_open(c.id)::boolean as open
from app.conversations c
where c.municipality_id = (select scope.municipality()) and c.id = $1;

-- name: Messages :many
-- One page, the latest first. The guardian of a child whose name is kept is not named to staff who are not cleared for it (B8). A confidential message is not among the rows of somebody who may not open it (V18).
select sqlc.embed(m), (m.author_side = 'guardian' and c.child_id = any ((select app.aliased_persons())::uuid[]))::boolean as unnamed
from app.messages m
join app.conversations c on c.municipality_id = m.municipality_id and c.id = m.conversation_id
where m.municipality_id = (select scope.municipality()) and m.conversation_id = @conversation_id
    and (m.created_at, m.id) < (@before_time::timestamptz, @before_id::uuid)
order by m.created_at desc, m.id desc
limit @page_size;

-- name: InsertMessage :exec
-- The time of the thread follows (app.touch_thread).
insert into app.messages (municipality_id, id, conversation_id, author_id, author_side, author_name, text, confidential, created_at)
values (scope.municipality(), @id, @conversation_id, @author_id, @author_side, @author_name, @text, @confidential, @created_at);
