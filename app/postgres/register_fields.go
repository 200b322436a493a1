package postgres

import (
	"time"

	"budstikke.example/app"
	"budstikke.example/app/register"
)

// What is kept of each record: the register's own words, as they were imported last. Identity numbers are not among them; they are kept
// sealed, with the person. "start" and "end" are the instants that the first and the last day mean in the municipality.

type institutionFields struct {
	ID        string                   `json:"id"`
	Kind      register.InstitutionKind `json:"kind"`
	Ownership register.Ownership       `json:"ownership"`
	Number    string                   `json:"number,omitempty"`
	Name      string                   `json:"name"`
}

func (f institutionFields) value() register.Institution {
	return register.Institution{SourceID: f.ID, Kind: f.Kind, Ownership: f.Ownership, NationalNumber: f.Number, Name: f.Name}
}

type groupFields struct {
	ID          string             `json:"id"`
	Institution string             `json:"institution"`
	Name        string             `json:"name"`
	Kind        register.GroupKind `json:"kind"`
}

func (f groupFields) value() register.Group {
	return register.Group{SourceID: f.ID, InstitutionSourceID: f.Institution, Name: f.Name, Kind: f.Kind}
}

type personFields struct {
	ID         string `json:"id"`
	GivenName  string `json:"given_name"`
	FamilyName string `json:"family_name"`
	BirthDate  string `json:"birth_date,omitempty"`
	Protected  string `json:"protected"`
	Email      string `json:"email,omitempty"`
	Mobile     string `json:"mobile,omitempty"`
	Username   string `json:"username,omitempty"`
}

func (f personFields) value() register.Person {
	return register.Person{SourceID: f.ID, GivenName: f.GivenName, FamilyName: f.FamilyName, BirthDate: day(f.BirthDate),
		Protected: level(f.Protected), Email: f.Email, Mobile: f.Mobile, Username: f.Username}
}

func personSaid(p register.Person) personFields {
	return personFields{p.SourceID, p.GivenName, p.FamilyName, dayText(p.BirthDate), p.Protected.String(), p.Email, p.Mobile, p.Username}
}

type enrolmentFields struct {
	Person      string `json:"person"`
	Institution string `json:"institution"`
	Group       string `json:"group,omitempty"`
	period
}

func (f enrolmentFields) value() register.Enrolment {
	return register.Enrolment{PersonSourceID: f.Person, InstitutionSourceID: f.Institution, GroupSourceID: f.Group, From: day(f.From), Until: day(f.Until)}
}

type guardianshipFields struct {
	Child       string `json:"child"`
	Guardian    string `json:"guardian"`
	Legal       bool   `json:"legal"`
	LegalStated bool   `json:"legal_stated"`
	Basis       string `json:"basis,omitempty"`
}

func (f guardianshipFields) value() register.Guardianship {
	return register.Guardianship{ChildSourceID: f.Child, GuardianSourceID: f.Guardian, Legal: f.Legal, LegalStated: f.LegalStated, Basis: f.Basis}
}

type staffRoleFields struct {
	Person      string        `json:"person"`
	Institution string        `json:"institution"`
	Role        register.Role `json:"role"`
	Group       string        `json:"group,omitempty"`
	period
}

func (f staffRoleFields) value() register.StaffRole {
	role := register.StaffRole{PersonSourceID: f.Person, InstitutionSourceID: f.Institution, Role: f.Role, From: day(f.From), Until: day(f.Until)}
	if f.Group != "" {
		role.GroupSourceIDs = []string{f.Group}
	}
	return role
}

// period is the days that a register gives, and the instants that they mean here.
type period struct {
	From  string     `json:"from,omitempty"`
	Until string     `json:"until,omitempty"`
	Start *time.Time `json:"start,omitempty"`
	End   *time.Time `json:"end,omitempty"`
}

// periodOf lets the first day begin and the last day end at midnight in the zone; a day of the change of clocks has 23 or 25 hours.
func periodOf(from, until time.Time, zone *time.Location) period {
	p := period{From: dayText(from), Until: dayText(until)}
	if !from.IsZero() {
		start := app.DayOf(from).Begins(zone)
		p.Start = &start
	}
	if !until.IsZero() {
		end := app.DayOf(until.AddDate(0, 0, 1)).Begins(zone)
		p.End = &end
	}
	return p
}

// limited says whether the period gives a first or a last day.
func (p period) limited() bool { return p.Start != nil || p.End != nil }

func day(text string) time.Time {
	t, _ := time.Parse(time.DateOnly, text) // the empty text is the zero time; what stands here was written by dayText
	return t
}

func dayText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

func level(text string) register.Protection {
	for _, p := range []register.Protection{register.ProtectionStrict, register.ProtectionProtected, register.ProtectionMarked} {
		if text == p.String() {
			return p
		}
	}
	return register.ProtectionNone
}
