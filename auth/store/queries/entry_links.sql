-- name: UseEntryLink :execrows
-- Of all who bring the same link at the same time, one writes the row: the others wait for its commit and write nothing.
insert into auth.entry_links (municipality_id, link_hash, used_at) values (@municipality_id, @link_hash, @used_at)
on conflict (municipality_id, link_hash) do nothing;

-- name: DeleteOldEntryLinks :execrows
delete from auth.entry_links where municipality_id = @municipality_id and used_at <= @used_before;
