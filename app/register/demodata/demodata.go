// Package demodata makes the register files of a municipality that does not exist: the admission list of its
// kindergarten with the mapping, the staff list, and the OneRoster export of its school. Demo, tests and load tests
// import these files through the same readers as everybody else's.
//
// The same options always give the same bytes. Nobody in them is real: names come from a short list of plain ones,
// addresses lie under example.com, telephone numbers come from the Swedish range kept for fiction (+46 70 174 06 05 to
// 99, so they repeat), and identity numbers are Swedish ones from the tax agency's test list. That list has one number a
// day for children born from 2014 on and hardly any for 2020 and 2021; where it does not suffice, which is from about
// Scale 25 on, the whole municipality has Norwegian synthetic numbers (month + 80) instead. One set never mixes the two.
//
// The package is pure; it opens nothing. Start reading at Generate, then families.go.
package demodata

import (
	"errors"
	"fmt"
	"math/rand/v2"

	"budstikke.example/app/nationalid"
)

// Names of the municipality and its two institutions.
const (
	MunicipalityName = "Budstikke kommun"
	KindergartenName = "Förskolan Ekorren"
	SchoolName       = "Ängsskolan"
)

// Institution numbers in the files; made up, in a shape that no Swedish register uses.
const (
	kindergartenNumber = "BK-101"
	schoolNumber       = "BK-201"
)

// File names of the set.
const (
	AdmissionFile        = "admission.csv"
	AdmissionMappingFile = "admission.mapping.yaml"
	StaffFile            = "staff.csv"
	StaffMappingFile     = "staff.mapping.yaml"
	OneRosterFile        = "school.oneroster.zip"
)

// MaxScale is the largest municipality that is made: about 9,600 children.
const MaxScale = 100

// Options choose one municipality.
type Options struct {
	// Seed picks names, families and birthdays. The cast keeps its names under every seed.
	Seed uint64
	// Scale multiplies the 36 children of the kindergarten (12 a group) and the 60 pupils of the school (20 a class);
	// 0 means 1. Scale 20 gives about 3,000 guardians.
	Scale int
}

// Demo is one municipality: its files, by name, and the people of the story.
type Demo struct {
	// Files are the bytes to write or to import; the keys are the file names above.
	Files map[string][]byte
	Cast  Cast
	// Counts are what a correct import of all files finds.
	Counts Counts
	// Country issued every identity number in the set.
	Country nationalid.Country
}

// Counts are the numbers of distinct people and relations in the files.
type Counts struct {
	Children, KindergartenGroups, KindergartenAdults, KindergartenGuardianships int // of the admission list
	Pupils, Classes, SchoolAdults, SchoolGuardianships                          int // of the OneRoster export
	ListStaff, SchoolStaff                                                      int
}

// Generate makes the files. It fails for a scale below 0 or above MaxScale.
func Generate(options Options) (Demo, error) {
	if options.Scale == 0 {
		options.Scale = 1
	}
	if options.Scale < 0 || options.Scale > MaxScale {
		return Demo{}, fmt.Errorf("demo municipality of scale %d: choose 1 to %d", options.Scale, MaxScale)
	}
	demo, err := generate(options, nationalid.Sweden)
	if errors.Is(err, nationalid.ErrNoSuchSynthetic) { // the Swedish list is used up
		demo, err = generate(options, nationalid.Norway)
	}
	return demo, err
}

func generate(options Options, country nationalid.Country) (Demo, error) {
	town := &town{country: country, random: rand.New(rand.NewPCG(options.Seed, 0xB0D5_71CC_E)), serials: map[[2]int]int{}, addresses: map[string]int{}}
	town.populate(options.Scale)
	if town.err != nil {
		return Demo{}, fmt.Errorf("identity numbers for the demo municipality: %w", town.err)
	}
	roster, err := town.oneRoster()
	if err != nil {
		return Demo{}, fmt.Errorf("zip file of the demo school: %w", err)
	}
	admission, err := windows1252(town.admissionList())
	if err != nil {
		return Demo{}, fmt.Errorf("admission list of the demo kindergarten: %w", err)
	}
	staff, err := windows1252(town.staffList())
	if err != nil {
		return Demo{}, fmt.Errorf("staff list of the demo kindergarten: %w", err)
	}
	return Demo{
		Files: map[string][]byte{
			AdmissionFile: admission, AdmissionMappingFile: []byte(admissionMapping(country)),
			StaffFile: staff, StaffMappingFile: []byte(staffMapping(country)), OneRosterFile: roster,
		},
		Cast: town.cast, Counts: town.counts(), Country: country,
	}, nil
}
