package walk_test

import "testing"

// B8, P5: a message about a child with a protected identity is announced to those who may know of the child, and to nobody else: the id in a
// notice would tell the others that there is one.
func TestMessageAboutAProtectedChildIsAnnouncedToThoseWhoMayKnow(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	child := w.person("Alfhildis")
	told := func(given string) bool {
		return one[bool](w, `select exists (select from notify.deliveries d
			join notify.events e on e.municipality_id = d.municipality_id and e.id = d.event_id
			where e.kind = 'message_posted' and d.grounds = 'staff' and d.person_id = $1)`, w.person(given))
	}
	w.exec("update app.persons set protected_identity = 'protected' where id = $1", child)
	w.exec("update app.staff_roles set group_id = null where person_id = $1", w.person("Emelinda"))
	w.exec("update app.staff_roles set group_id = $2 where person_id = $1", w.person("Leonorina"), w.groupOf("Alfhildis"))
	w.thread(is[right].token, child, textOfGuardian)
	if !told("Heddavina") || !told("Leonorina") {
		t.Errorf("the head was told: %t, the leader of the child's own group: %t, want both", told("Heddavina"), told("Leonorina"))
	}
	if told("Emelinda") {
		t.Error("an employee who may not know of the child was told of a message about it")
	}

	// Of a strictly protected child those are told who are cleared; while there is nobody, the head, who can take a clearance.
	again := func() { w.exec("delete from notify.deliveries"); w.thread(is[right].token, child, textOfGuardian) }
	w.exec("update app.persons set protected_identity = 'strict' where id = $1", child)
	again()
	if !told("Heddavina") || told("Leonorina") || told("Emelinda") {
		t.Error("of a strictly protected child for whom nobody is cleared the head alone is told")
	}
	w.clear("Emelinda", child)
	again()
	if told("Heddavina") || told("Leonorina") || !told("Emelinda") {
		t.Error("of a strictly protected child those are told who are cleared")
	}

	w.exec("update app.persons set protected_identity = 'none' where id = $1", child)
	w.thread(is[right].token, child, textOfGuardian)
	if !told("Emelinda") {
		t.Error("the same employee was not told of a message about a child that everybody may know of")
	}
}
