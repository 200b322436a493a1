package demodata

import (
	"fmt"
	"strings"
)

// Plain names that belong to nobody in particular. The cast's family names are kept out of the list, so that a search
// for one of them finds the story's people and nobody else.
var (
	givenNames = []string{
		"Alma", "Anders", "Anna", "Axel", "Bo", "Britta", "Cecilia", "Daniel", "Ebba", "Edvin", "Elin", "Erik", "Eva", "Filip", "Freja", "Greta",
		"Gunnar", "Hanna", "Henrik", "Hugo", "Ida", "Ingrid", "Isak", "Jakob", "Johan", "Jonas", "Karin", "Klara", "Lars", "Lena", "Linnéa", "Lova",
		"Love", "Magnus", "Maja", "Malin", "Märta", "Mats", "Mikael", "Moa", "Niklas", "Nora", "Olle", "Oskar", "Per", "Petra", "Rut", "Saga",
		"Signe", "Simon", "Siri", "Sofia", "Stina", "Tage", "Tilda", "Tove", "Ulf", "Vera", "Viktor", "Åke", "Åsa", "Örjan",
	}
	familyNames = []string{
		"Alm", "Backe", "Berggren", "Björk", "Blom", "Dahl", "Ekdal", "Falk", "Fors", "Gran", "Hed", "Holm", "Häll", "Kvist", "Kärr", "Lilja",
		"Lind", "Lund", "Löv", "Malm", "Moberg", "Norell", "Näs", "Palm", "Rask", "Ros", "Sand", "Sjö", "Skog", "Sten", "Strand", "Svärd",
		"Säter", "Tall", "Torp", "Vik", "Ås", "Äng", "Öberg", "Östling",
	}
)

func (t *town) given() string  { return givenNames[t.random.IntN(len(givenNames))] }
func (t *town) family() string { return familyNames[t.random.IntN(len(familyNames))] }

// address makes an e-mail address under example.com that nobody else in the town has.
func (t *town) address(given, family string) string {
	plain := strings.NewReplacer("å", "a", "ä", "a", "ö", "o", "é", "e").Replace(strings.ToLower(given + "." + family))
	t.addresses[plain]++
	if n := t.addresses[plain]; n > 1 {
		plain = fmt.Sprintf("%s.%d", plain, n)
	}
	return plain + "@example.com"
}

// mobile walks through the 95 Swedish mobile numbers that are kept for fiction.
func (t *town) mobile() string {
	t.mobiles++
	return fmt.Sprintf("+46 70 174 06 %02d", 5+t.mobiles%95)
}
