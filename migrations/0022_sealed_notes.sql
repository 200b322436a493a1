-- Why: the note of an absence says what a child has, and stood in clear in the table, in its write-ahead log and in every backup. From now on it is
-- sealed before it comes here, bound to its row (P15). Rows from before keep what they have until their guardian changes them.
-- The previous binary: runs, but shows a sealed note as it is: replace it at once.

alter table app.absences drop constraint absences_note_check;
-- 2000 characters have at most 8000 bytes, and those, sealed and in base64, fewer than 11000 characters.
alter table app.absences add constraint absences_note_check check (length(note) <= 11000);
comment on column app.absences.note is 'Sealed by the program (app/postgres/notes.go), or empty. What begins otherwise is from before notes were sealed.';
