package app

import "time"

// Begins is the first moment at which it is this day in a zone; the day before it may have had 23 or 25 hours. Where clocks are put forward at
// midnight it is the moment of the change, where they are put back over it the first of the two midnights: time.Date leaves open which it
// answers, and a last day must neither lose its evening nor last for an hour too long (V11, B12). app.day_begins is the same in the database.
func (d Day) Begins(zone *time.Location) time.Time {
	utc := d.Time()
	for at := utc.Add(-26 * time.Hour); ; { // no zone is further ahead of UTC than that
		here := at.In(zone)
		_, offset := here.Zone()
		_, change := here.ZoneBounds()
		begins := utc.Add(-time.Duration(offset) * time.Second) // by the clock that holds until the next change
		if begins.Before(at) {
			begins = at // the change has just jumped over midnight
		}
		if change.IsZero() || begins.Before(change) {
			return begins.In(zone)
		}
		at = change
	}
}
