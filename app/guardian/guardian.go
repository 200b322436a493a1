// Package guardian is the room of what a guardian may do in the parent app: one method per operation tagged guardian in openapi.yaml.
//
// Every flow takes the Family handle of the guardian who calls, so that there is no question it could ask about another family. It may open
// app, app/postgres, app/view, auth, notify's vocabulary and the text guard; never another room. Start reading at absences.go.
package guardian

//go:generate oapi-codegen -config gen.yaml ../../openapi.yaml

import (
	"context"

	openapi_types "github.com/oapi-codegen/runtime/types"

	"budstikke.example/app"
	"budstikke.example/app/live"
	"budstikke.example/app/postgres"
	"budstikke.example/app/textguard"
	"budstikke.example/auth"
)

// Flows carries the operations out. All fields are required.
type Flows struct {
	DB    *postgres.DB
	Guard *textguard.Guard
	// Streams are the open streams of the process.
	Streams *live.Hub
	// InboundNumber is the number that guardians send the code to, to prove that a mobile number is theirs (H5); E.164.
	InboundNumber string
}

var _ StrictServerInterface = (*Flows)(nil)

func (f *Flows) family(ctx context.Context) postgres.Family { return f.DB.Family(auth.Guardian(ctx)) }

func day(d openapi_types.Date) app.Day { return app.DayOf(d.Time) }

func date(d app.Day) openapi_types.Date { return openapi_types.Date{Time: d.Time()} }
