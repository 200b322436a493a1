package demodata

import "budstikke.example/app/nationalid"

// Cast are the people of the demo's story, so that it can sign in as them.
type Cast struct {
	// Applicant is a legal guardian of a child in the kindergarten and of a pupil; she applies for an account (H1).
	Applicant Member
	// SecondGuardian is the other legal guardian of the same children.
	SecondGuardian Member
	// Stranger is an adult whom no file knows; applying gets the neutral answer (H11).
	Stranger Member
	// Contact is listed with a child in the kindergarten but has no custody; applying gets the same answer.
	Contact Member
	// Protected is a legal guardian with a protected identity, as is the child; applying gets the same answer (H7).
	Protected Member
	// KindergartenHead activates guardians (V6).
	KindergartenHead Member
	// KindergartenLeader is a pedagogue of the first group, the group of the applicant's child.
	KindergartenLeader Member
	// SchoolHead is the head of the school.
	SchoolHead Member
	// Owner appoints heads (V2).
	Owner Member
}

// Member is one person of the cast.
type Member struct {
	GivenName, FamilyName string
	Number                nationalid.Number
	// Email is what the files hold as a hint; for the stranger it is simply an address.
	Email string
	// Institution is the name of the place where a member of staff works; empty for others.
	Institution string
	// Children are those of a guardian, the kindergarten's first.
	Children []Child
}

// Name is given name and family name.
func (m Member) Name() string { return m.GivenName + " " + m.FamilyName }

// Child is a child of somebody in the cast.
type Child struct {
	GivenName, FamilyName string
	Number                nationalid.Number
	Institution, Group    string
}

// Name is given name and family name.
func (c Child) Name() string { return c.GivenName + " " + c.FamilyName }

func (p *person) member() Member {
	return Member{GivenName: p.given, FamilyName: p.family, Number: p.number, Email: p.email}
}

func (m Member) at(institution string) Member {
	m.Institution = institution
	return m
}

func (m Member) with(children ...*child) Member {
	for _, c := range children {
		m.Children = append(m.Children, Child{GivenName: c.given, FamilyName: c.family, Number: c.number, Institution: c.institution, Group: c.group})
	}
	return m
}
