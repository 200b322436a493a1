package register

import "strings"

// org is a row of orgs.csv.
type org struct {
	row       row
	id        string
	name      string
	kind      string // OneRoster's type, folded
	number    string
	parent    string
	inst      InstitutionKind
	ownership Ownership
}

func (o *oneRoster) orgRow(row row) {
	id, idOK := o.id(row, "sourcedId", true)
	name, nameOK := row.text("name")
	kind, kindOK := row.text("type")
	number, numberOK := row.text("identifier")
	parent, parentOK := o.id(row, "parentSourcedId", false)
	if !allOf(idOK, nameOK, kindOK, numberOK, parentOK) {
		return
	}
	if !o.active(row) {
		o.deleted(NounInstitution, id)
		return
	}
	if o.orgs[id] != nil {
		row.fault("sourcedId", "The id is there twice.")
		return
	}
	found := &org{row: row, id: id, name: firstOf(name, id), kind: strings.TrimPrefix(fold(kind), "ext:"), number: number, parent: parent, inst: School, ownership: Municipal}
	if found.kind == string(Kindergarten) {
		found.kind, found.inst = "school", Kindergarten
	}
	if word, ok := o.meta(row, metaKind, wordsKind); ok && word != "" {
		found.inst = InstitutionKind(word)
	}
	if word, ok := o.meta(row, metaOwnership, wordsOwnership); ok && word != "" {
		found.ownership = Ownership(word)
	}
	o.orgs[id] = found
	o.orgIDs = append(o.orgIDs, id)
}

// meta reads a word of an extension column.
func (o *oneRoster) meta(row row, head string, kind WordKind) (meaning string, ok bool) {
	text, ok := row.text(head)
	if !ok || text == "" {
		return "", ok
	}
	if meaning, ok = (Mapping{}).meaning(kind, text); !ok {
		row.fault(head, "This is not a known word. Known are "+strings.Join(meanings[kind], ", ")+".")
	}
	return meaning, ok
}

// institutionsFromOrgs makes an institution of every school, and of every department that has no school above it.
func (o *oneRoster) institutionsFromOrgs() {
	for _, id := range o.orgIDs {
		found := o.orgs[id]
		switch found.kind {
		case "school":
		case "department":
			if o.schoolOf(found.id) != found.id {
				continue
			}
			found.row.warn("type", "The department "+quoted(found.name)+" has no school above it in this export; it is taken as an institution itself.")
		case "district", "local", "state", "national":
			continue
		default:
			found.row.warn("type", "An organisation of this type is not known; it is left out.")
			continue
		}
		o.institution(found.row, Institution{SourceID: found.id, Kind: found.inst, Ownership: found.ownership, NationalNumber: found.number, Name: found.name})
	}
}

// schoolOf gives the institution that an org belongs to; empty when it belongs to none (a district, or an org that the
// export does not have). A reference that a delta file can not resolve stands for itself.
func (o *oneRoster) schoolOf(id string) string {
	start := o.orgs[id]
	if start == nil {
		if o.modes[fileOrgs] == modeBulk || o.gone[Ref{NounInstitution, id}] {
			return ""
		}
		return id
	}
	if start.kind != "school" && start.kind != "department" {
		return ""
	}
	for found, depth := start, 0; found != nil && depth < 20; found, depth = o.orgs[found.parent], depth+1 {
		if found.kind == "school" {
			return found.id
		}
	}
	return start.id
}

// classRow reads a class: a homeroom is a class of children, every other one a teaching group.
func (o *oneRoster) classRow(row row) {
	id, idOK := o.id(row, "sourcedId", true)
	title, titleOK := row.text("title")
	school, schoolOK := o.id(row, "schoolSourcedId", true)
	if !allOf(idOK, titleOK, schoolOK) {
		return
	}
	if !o.active(row) {
		o.deleted(NounGroup, id)
		return
	}
	institution := o.schoolOf(school)
	if institution == "" {
		row.warn("schoolSourcedId", "The class belongs to an institution that is not in this export; it is left out.")
		return
	}
	if _, twice := o.groupsOf[id]; twice {
		row.fault("sourcedId", "The id is there twice.")
		return
	}
	kind := Course
	switch at := o.orgs[institution]; {
	case at != nil && at.inst == Kindergarten:
		kind = Department
	case fold(row.raw("classType")) == "homeroom":
		kind = Class
	}
	group := Group{SourceID: id, InstitutionSourceID: institution, Name: firstOf(title, id), Kind: kind}
	o.groupsOf[id] = group
	o.group(row, group)
}
