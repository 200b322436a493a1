package machine

import (
	"bytes"
	"context"

	"budstikke.example/app"
)

// GetWheelCalendar answers a calendar program that follows somebody's secret link with what recurs at their institution (V2, V9).
func (f *Flows) GetWheelCalendar(ctx context.Context, req GetWheelCalendarRequestObject) (GetWheelCalendarResponseObject, error) {
	digest, err := app.ReadWheelSecret(req.Feed)
	if err != nil {
		return nil, err
	}
	wheel, today, err := f.DB.Callback(req.MunicipalityID).Wheel(ctx, digest)
	if err != nil {
		return nil, err
	}
	text := wheel.Calendar(today)
	return GetWheelCalendar200TextCalendarResponse{Body: bytes.NewReader(text), ContentLength: int64(len(text))}, nil
}
