// Package register reads what a municipality's registers say and works out what would change. It holds:
//
//   - the model of a register file: [Roster] (roster.go);
//   - two readers: [ParseList] for the list that a municipality exports from its spreadsheet, with the [Mapping]
//     file that names its columns, and [ParseOneRoster] for OneRoster 1.1 and 1.2 zip files;
//   - [Problems]: what could not be read, with file, line, column and a reason that a school secretary understands;
//   - [Diff]: what an import would change, as a [Plan] that prints as text (dry run) or JSON.
//
// The package is pure: bytes and values in, values out. It opens no file, no database and no network connection,
// takes no context and reads no clock, so that the same files always give the same plan.
//
// Rules kept here:
//
//   - V1 and P6: an import never grants. Nothing in a Roster or a Plan can say "active"; a guardianship has no access
//     status here at all, and what a human ended stays ended (Kept in a plan).
//   - V14: a child missing from a full file stops being enrolled; nothing is ever deleted.
//   - B8: a plan that would take away suspiciously much is marked as held.
//   - B12: external partners without a last day are refused; a substitute's comes from the municipality's rule.
//   - H9 and H11: names and numbers come from the register; legal guardianship must be said by the file, it is never assumed.
//   - L8: every problem points at the place in the source that has to be corrected.
//
// Identity numbers never appear in a problem, a plan, or a source id. Passwords that some registers export are
// dropped cell by cell while the file is read. Start reading at roster.go, then list.go.
package register
