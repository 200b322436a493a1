package app

import (
	"time"

	"github.com/google/uuid"
)

// InstitutionKind is what an institution is.
type InstitutionKind string

// The two kinds of institution.
const (
	Kindergarten InstitutionKind = "kindergarten"
	School       InstitutionKind = "school"
)

// Institution is a kindergarten or a school.
type Institution struct {
	ID   uuid.UUID
	Name string
	Kind InstitutionKind
}

// Child is a person enrolled at an institution, as a caller who may see them sees them.
type Child struct {
	ID          uuid.UUID
	Name        string
	Institution Institution
	Group       string         // name of the group; empty when the register names none
	Zone        *time.Location // the institution's time zone: it decides what "today" is
}

// ErrChildWithoutInstitution answers a write about a child that is enrolled nowhere at the moment.
var ErrChildWithoutInstitution = &Fault{Kind: Unprocessable, Code: "child_without_institution",
	Detail: "This child is not enrolled anywhere at the moment. Turn to the municipality."}
