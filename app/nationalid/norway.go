package nationalid

import "time"

// parseNorway reads a fødselsnummer: DDMMYY, a three-digit individual number and two check digits modulo 11. Day + 40 is a D-number, month +
// 40 a help number; month + 65 and month + 80 are synthetic, also in combination with a D-number. Month + 40 is also what the labour
// administration makes synthetic people of: the digits do not tell the two apart, and a help number is somebody's, so it counts as one.
//
// From 2032 the tax agency also issues numbers whose first check leaves 1, 2 or 3. They are taken already: whoever is the first to have one must
// not find a register that has to be changed before it knows them. Until then it costs nothing, since the second check, which every digit but
// itself goes into with a weight of its own, finds each digit that is mistyped and each two that are exchanged. Such a number is not Confirmed.
func parseNorway(s string, on time.Time) (Number, error) {
	d, ok := ungroup(s, 6, 11, " -")
	if !ok {
		return Number{}, ErrFormat
	}
	s = string(d.text[:d.length])
	n := Number{country: Norway, kind: Ordinary, digits: d}
	day, month := pair(s, 0), pair(s, 2)
	switch {
	case month > 80:
		month, n.synthetic = month-80, true
	case month > 65:
		month, n.synthetic = month-65, true
	case month > 40:
		month, n.kind = month-40, HNumber
	}
	if day > 40 {
		day, n.kind = day-40, DNumber
	}
	year := norwegianYear(pair(s, 4), int(s[6]-'0')*100+pair(s, 7), month, day, on)
	if !realDate(year, month, day) {
		return Number{}, ErrDate
	}
	n.year, n.month, n.day = year, time.Month(month), day

	first := weighted(s, 3, 7, 6, 1, 8, 9, 4, 5, 2, 1) % 11
	second := weighted(s, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1) % 11
	if second != 0 {
		return Number{}, ErrChecksum
	}
	if first != 0 {
		if first > 3 {
			return Number{}, ErrChecksum
		}
		n.unconfirmed = true
	}
	return n, nil
}

// norwegianYear derives the century from the individual number. Individual numbers outside the published series are not refused (from 2032 they carry
// no century at all): those mean the latest year that is not in the future.
func norwegianYear(yy, individual, month, day int, on time.Time) int {
	switch {
	case individual < 500:
		return 1900 + yy
	case individual < 750 && yy >= 54:
		return 1800 + yy
	case yy < 40:
		return 2000 + yy
	case individual >= 900:
		return 1900 + yy
	}
	if 2000+yy <= on.Year() && realDate(2000+yy, month, day) {
		return 2000 + yy
	}
	return 1900 + yy
}
