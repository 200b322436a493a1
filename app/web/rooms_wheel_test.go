package web_test

import (
	"context"
	"strings"

	"budstikke.example/app/machine"
	"budstikke.example/app/office"
)

func (r officeRoom) MakeWheelLink(ctx context.Context, q office.MakeWheelLinkRequestObject) (office.MakeWheelLinkResponseObject, error) {
	return give[office.MakeWheelLink201JSONResponse](ctx, r.answers, "MakeWheelLink", q)
}

func (r officeRoom) RemoveWheelLink(ctx context.Context, q office.RemoveWheelLinkRequestObject) (office.RemoveWheelLinkResponseObject, error) {
	return give[office.RemoveWheelLink204Response](ctx, r.answers, "RemoveWheelLink", q)
}

func (r machineRoom) GetWheelCalendar(ctx context.Context, q machine.GetWheelCalendarRequestObject) (machine.GetWheelCalendarResponseObject, error) {
	if hook := r.answers.on["GetWheelCalendar"]; hook != nil {
		if err := hook(ctx, q); err != nil {
			return nil, err
		}
	}
	return machine.GetWheelCalendar200TextCalendarResponse{Body: strings.NewReader("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")}, nil
}
