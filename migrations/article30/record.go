package article30

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"budstikke.example/migrations"
)

// Controller is who answers for the processing (Art. 30(1)(a)): the municipality, how to reach it and its data protection officer.
type Controller struct {
	Name    string `json:"name"`
	Country string `json:"country"`
	Contact string `json:"contact"`                   // address, e-mail or telephone
	Officer string `json:"dataProtectionOfficer"`     // name or office, and how to reach them
	Joint   string `json:"jointController,omitempty"` // where a self-governing institution answers together with the municipality
}

// ErrIncomplete is returned when a field that Art. 30(1)(a) asks for is missing.
var ErrIncomplete = errors.New("the record needs the controller's name, country and contact details and the data protection officer's (Art. 30(1)(a))")

// Activity is one processing activity with everything that Art. 30(1) asks of it.
type Activity struct {
	Purpose    string          `json:"id"`
	Title      string          `json:"title"`
	Purposes   string          `json:"purposes"`       // (b)
	Subjects   []string        `json:"dataSubjects"`   // (c)
	Data       string          `json:"personalData"`   // (c)
	Classes    map[Class]int   `json:"columnsByClass"` // how many columns of each class
	Bases      []string        `json:"legalBases"`     // not asked for by Art. 30, and always asked next
	Recipients []string        `json:"recipients"`     // (d)
	Transfers  string          `json:"transfers"`      // (e)
	Retention  []Retention     `json:"retention"`      // (f)
	Tables     map[string]uint `json:"tables"`         // where it lies: columns about persons per table
}

// Record is a municipality's record of processing activities.
type Record struct {
	Controller Controller `json:"controller"`
	MadeOn     string     `json:"madeOn"` // a date; the record says how things are on that day
	Activities []Activity `json:"activities"`
	Measures   []string   `json:"securityMeasures"` // (g)
}

// Make makes the record of a controller out of the classification. An activity that holds nothing about anybody is left out. Errors:
// ErrIncomplete, or that the classification is not understood.
func Make(controller Controller, on time.Time) (Record, error) {
	for _, field := range []string{controller.Name, controller.Country, controller.Contact, controller.Officer} {
		if strings.TrimSpace(field) == "" {
			return Record{}, ErrIncomplete
		}
	}
	columns, err := Parse(migrations.Classification)
	if err != nil {
		return Record{}, err
	}
	record := Record{Controller: controller, MadeOn: on.Format(time.DateOnly), Measures: measures}
	for _, purpose := range slices.Sorted(maps.Keys(activities)) {
		if a, any := gather(purpose, columns); any {
			record.Activities = append(record.Activities, a)
		}
	}
	return record, nil
}

// gather adds up what the columns of one purpose say.
func gather(purpose string, columns []Column) (Activity, bool) {
	words := activities[purpose]
	a := Activity{
		Purpose: purpose, Title: words.title, Purposes: words.purposes, Data: words.data, Recipients: words.recipients, Transfers: words.transfers,
		Classes: map[Class]int{}, Tables: map[string]uint{},
	}
	about, on, kept := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, c := range columns {
		if c.Purpose != purpose || c.Class == None {
			continue
		}
		a.Classes[c.Class]++
		a.Tables[c.Table]++
		about[subjects[c.Subject]], on[bases[c.Basis]], kept[c.Retention] = true, true, true
	}
	a.Subjects, a.Bases = slices.Sorted(maps.Keys(about)), slices.Sorted(maps.Keys(on))
	for _, word := range slices.Sorted(maps.Keys(kept)) {
		a.Retention = append(a.Retention, retentions[word])
	}
	return a, len(a.Tables) > 0
}
