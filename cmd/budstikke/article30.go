package main

import (
	"time"

	"budstikke.example/migrations/article30"
)

// article30Command is the municipality's record of processing activities (V3). It needs no database: what is processed is known from the
// classification of the columns that this program has.
type article30Command struct {
	Controller string `required:"" placeholder:"NAME" help:"The municipality's full name: it is the controller."`
	Country    string `required:"" placeholder:"CODE" help:"Its country, for example SE."`
	Contact    string `required:"" help:"How to reach the controller: address, e-mail or telephone."`
	Officer    string `required:"" help:"The data protection officer and how to reach them."`
	Joint      string `help:"A joint controller, where a self-governing institution answers together with the municipality."`
	Format     string `default:"markdown" enum:"markdown,html,json" help:"markdown, html or json."`
}

// Run prints the record.
func (c article30Command) Run(t terminal) error {
	controller := article30.Controller{Name: c.Controller, Country: c.Country, Contact: c.Contact, Officer: c.Officer, Joint: c.Joint}
	record, err := article30.Make(controller, time.Now())
	if err != nil {
		return err
	}
	switch c.Format {
	case "html":
		return record.WriteHTML(t.out)
	case "json":
		return record.WriteJSON(t.out)
	default:
		return record.WriteMarkdown(t.out)
	}
}
