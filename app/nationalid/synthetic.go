package nationalid

import (
	"errors"
	"fmt"
	"time"
)

var (
	// ErrNoSeries: the country has no published series of numbers that belong to nobody.
	ErrNoSeries = errors.New("no series of synthetic identity numbers for this country: use NO, SE or FI")
	// ErrNoSuchSynthetic: the serial or the years lie outside the series.
	ErrNoSuchSynthetic = errors.New("no such synthetic identity number: ask for a smaller serial or other years of birth")
)

// firstYear and lastYear are the years of birth that all series can serve.
const (
	firstYear = pairedFrom
	lastYear  = 2023
)

// Synthetic makes the identity number of nobody, an adult born 1976-2000: Norwegian with month + 80, Swedish from the tax agency's test list, Finnish
// 900-999. The same country and serial (from 0) give the same number for ever, different serials give different numbers; there are at least
// 18,000 of each country. Errors: ErrNoSeries, ErrNoSuchSynthetic.
func Synthetic(country Country, serial int) (Number, error) {
	return SyntheticBorn(country, firstYear, 2000, serial)
}

// SyntheticBorn is [Synthetic] for somebody born in the years from to to, both included, between 1976 and 2023: children and grandparents of a demo
// need their ages. The Swedish list has one number a day for children born from 2014 and hardly any for 2020 and 2021.
func SyntheticBorn(country Country, from, to, serial int) (Number, error) {
	if country != Norway && country != Sweden && country != Finland {
		return Number{}, ErrNoSeries
	}
	if from < firstYear || to > lastYear || from > to || serial < 0 {
		return Number{}, ErrNoSuchSynthetic
	}
	text, ok := syntheticText(country, calendarOf(from, to), serial)
	if !ok {
		return Number{}, ErrNoSuchSynthetic
	}
	n, err := Parse(country, text, time.Date(lastYear+1, time.January, 1, 0, 0, 0, 0, time.UTC))
	if err != nil {
		return Number{}, fmt.Errorf("synthetic number of series %s: %w", country, err)
	}
	return n, nil
}

func syntheticText(country Country, c calendar, serial int) (string, bool) {
	switch country {
	case Norway:
		return norwegianSynthetic(c.day(serial%c.days), serial/c.days)
	case Finland:
		return finnishSynthetic(c.day(serial%c.days), serial/c.days)
	}
	return swedishSynthetic(c, serial)
}

// calendar walks the days of some years spread out, so that neighbours in a list do not share a birthday.
type calendar struct {
	start        time.Time
	days, stride int
}

func calendarOf(from, to int) calendar {
	start := time.Date(from, time.January, 1, 0, 0, 0, 0, time.UTC)
	days := int(time.Date(to+1, time.January, 1, 0, 0, 0, 0, time.UTC).Sub(start) / (24 * time.Hour))
	return calendar{start, days, coprimeStride(days)}
}

// day is the i-th day of the walk; i from 0 to days-1 gives every day once.
func (c calendar) day(i int) time.Time { return c.start.AddDate(0, 0, i*c.stride%c.days) }

// coprimeStride is a step that visits every one of n days before it repeats.
func coprimeStride(n int) int {
	for step := n*5/13 + 1; ; step++ {
		a, b := n, step
		for b != 0 {
			a, b = b, a%b
		}
		if a == 1 {
			return step
		}
	}
}

// norwegianSynthetic finds the round-th individual number of that day, counted downwards within its century, that has two check digits.
func norwegianSynthetic(day time.Time, round int) (string, bool) {
	top, bottom := 499, 0
	if day.Year() >= 2000 {
		top, bottom = 999, 500
	}
	for individual := top; individual >= bottom; individual-- {
		nine := fmt.Sprintf("%02d%02d%02d%03d", day.Day(), int(day.Month())+80, day.Year()%100, individual)
		first := (11 - weighted(nine, 3, 7, 6, 1, 8, 9, 4, 5, 2)%11) % 11
		if first == 10 {
			continue
		}
		ten := nine + string(rune('0'+first))
		second := (11 - weighted(ten, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)%11) % 11
		if second == 10 {
			continue
		}
		if round--; round < 0 {
			return ten + string(rune('0'+second)), true
		}
	}
	return "", false
}

// swedishSynthetic counts through the published list: first one number of every day that has any, then the second ones.
func swedishSynthetic(c calendar, serial int) (string, bool) {
	for round := range 2 {
		for i := range c.days {
			day := c.day(i)
			first, second := swedishTestSerials(day)
			if round == 1 {
				first = second
			}
			if first == 0 {
				continue
			}
			if serial--; serial < 0 {
				nine := fmt.Sprintf("%s%03d", day.Format("060102"), first)
				return day.Format("2006") + nine[2:] + string(rune(luhnDigit(nine))), true
			}
		}
	}
	return "", false
}

// finnishSynthetic takes the day's round-th individual number from 900 on.
func finnishSynthetic(day time.Time, round int) (string, bool) {
	if round > 99 {
		return "", false
	}
	separator := "-"
	if day.Year() >= 2000 {
		separator = "A"
	}
	date, individual := day.Format("020106"), fmt.Sprint(900+round)
	return date + separator + individual + string(finnishCheckCharacter(date, individual)), true
}
