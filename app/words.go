package app

// askToDeleteNote is what staff do about a note that was sent in spite of the warning (V17), by locale.
var askToDeleteNote = map[string]string{
	"nb": "Ta kontakt med den foresatte, ansikt til ansikt eller på telefon, og be om at notatet blir slettet i appen.",
	"nn": "Ta kontakt med den føresette, andlet til andlet eller på telefon, og be om at notatet blir sletta i appen.",
	"da": "Kontakt forælderen, personligt eller på telefon, og bed om, at noten bliver slettet i appen.",
	"sv": "Kontakta vårdnadshavaren, personligen eller på telefon, och be att anteckningen tas bort i appen.",
	"en": "Contact the guardian, in person or by telephone, and ask them to delete the note in the app.",
}

// AskToDeleteNote says in a locale (nb, nn, da, sv or en) what staff do about a note that was sent in spite of the warning (V17). An unknown
// locale gets English.
func AskToDeleteNote(locale string) string {
	if words, ok := askToDeleteNote[locale]; ok {
		return words
	}
	return askToDeleteNote["en"]
}
