// Package office is the room of what heads and owners decide: one method per operation tagged office in openapi.yaml.
//
// Every flow takes the Office handle of whoever calls, which finds only the institutions they answer for; for other staff it is empty. It
// may open app, app/postgres, app/view and auth; never another room. Start reading at guardianships.go.
package office

//go:generate oapi-codegen -config gen.yaml ../../openapi.yaml

import (
	"context"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/auth"
)

// Flows carries the operations out.
type Flows struct {
	DB      *postgres.DB
	Reports *app.ReportSigner // signs what comes of a completed review
}

var _ StrictServerInterface = (*Flows)(nil)

func (f *Flows) office(ctx context.Context) postgres.Office { return f.DB.Office(auth.Staff(ctx)) }
