package nationalid

import "time"

// The Swedish tax agency publishes test numbers (twelve digits, 1890 onwards) that will never be issued. From 1976 the list follows a rule, written
// down here instead of 30,000 lines: until 2013 every day has the serials 238 and 239; from 2014 a day has one of them, by turns. Earlier
// years are an irregular list of old numbers and are left out, except the years up to 1910 with serials 980-989.
const (
	testSerialEven = 238
	testSerialOdd  = 239
	pairedFrom     = 1976
	pairedTo       = 2013
)

// missingTestNumbers are the dates, in the years with two numbers a day, on which the published list lacks one: bit 0 for 238, bit 1 for 239.
var missingTestNumbers = map[int]int{
	19760101: 1, 19800101: 3, 19891220: 1, 19900101: 2, 19900102: 2, 19900104: 3, 19900105: 2, 19900106: 3, 19900108: 3, 19900109: 2, 19900113: 1,
	20001218: 1, 20010303: 2, 20011104: 1, 20021016: 1, 20021227: 1, 20050509: 1, 20070911: 2, 20071228: 1, 20101211: 1, 20111230: 1,
}

// turn is a stretch of days on which 238 and 239 alternate.
type turn struct {
	from     time.Time
	days     int
	oddFirst bool // whether the first day has 239
}

func turnFrom(year int, month time.Month, day, days int, oddFirst bool) turn {
	return turn{time.Date(year, month, day, 0, 0, 0, 0, time.UTC), days, oddFirst}
}

// turns covers the years with one number a day; the short stretches that the list mixes (in 2020 and 2021) are left out.
var turns = []turn{
	turnFrom(2014, 1, 1, 75, true), turnFrom(2014, 3, 18, 289, true), turnFrom(2015, 1, 1, 365, true), turnFrom(2016, 1, 1, 299, true),
	turnFrom(2016, 10, 27, 124, true), turnFrom(2017, 2, 28, 238, false), turnFrom(2017, 10, 24, 69, true), turnFrom(2018, 1, 1, 267, true),
	turnFrom(2018, 9, 25, 463, true), turnFrom(2020, 1, 1, 110, true), turnFrom(2020, 5, 7, 25, false), turnFrom(2021, 3, 18, 27, true),
	turnFrom(2021, 5, 15, 29, true), turnFrom(2021, 12, 31, 193, false), turnFrom(2022, 7, 13, 51, true), turnFrom(2022, 9, 3, 120, false),
	turnFrom(2023, 1, 1, 66, true), turnFrom(2023, 3, 9, 298, true),
}

// inSwedishTestSeries reports whether the tax agency's list holds the number born that day with that serial.
func inSwedishTestSeries(year, month, day, serial int) bool {
	if year <= 1910 {
		return serial >= 980 && serial <= 989
	}
	if serial == 0 {
		return false
	}
	first, second := swedishTestSerials(time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC))
	return serial == first || serial == second
}

// swedishTestSerials gives the serials that the list has for one day from 1976 on; 0 stands for none, and the second is only there when the first is.
func swedishTestSerials(day time.Time) (first, second int) {
	year, month, dom := day.Date()
	if year >= pairedFrom && year <= pairedTo {
		switch missingTestNumbers[year*10000+int(month)*100+dom] {
		case 0:
			return testSerialEven, testSerialOdd
		case 1:
			return testSerialOdd, 0
		case 2:
			return testSerialEven, 0
		}
		return 0, 0
	}
	for _, t := range turns {
		if day.Before(t.from) {
			break
		}
		if n := int(day.Sub(t.from) / (24 * time.Hour)); n < t.days {
			if (n%2 == 0) == t.oddFirst {
				return testSerialOdd, 0
			}
			return testSerialEven, 0
		}
	}
	return 0, 0
}
