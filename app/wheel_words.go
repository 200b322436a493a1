package app

// wheelText is what the entries of a wheel say in one language.
type wheelText struct {
	name, review, reviewDue, revision, revisionDue, note, done string
}

var wheelWords = map[string]wheelText{
	"nb": {
		name: "Årshjul", review: "Gjennomgang av tilganger åpner", reviewDue: "Gjennomgang av tilganger: siste dag",
		revision: "Revisjon av rutinen begynner", revisionDue: "Revisjon av rutinen: siste dag", note: "Logg inn i Budstikke for å se oppgaven.", done: "Fullført.",
	},
	"nn": {
		name: "Årshjul", review: "Gjennomgang av tilgangar opnar", reviewDue: "Gjennomgang av tilgangar: siste dag",
		revision: "Revisjon av rutinen tek til", revisionDue: "Revisjon av rutinen: siste dag", note: "Logg inn i Budstikke for å sjå oppgåva.", done: "Fullført.",
	},
	"da": {
		name: "Årshjul", review: "Gennemgang af adgange åbner", reviewDue: "Gennemgang af adgange: sidste dag",
		revision: "Revision af rutinen begynder", revisionDue: "Revision af rutinen: sidste dag", note: "Log ind i Budstikke for at se opgaven.", done: "Afsluttet.",
	},
	"sv": {
		name: "Årshjul", review: "Genomgång av behörigheter öppnar", reviewDue: "Genomgång av behörigheter: sista dagen",
		revision: "Översyn av rutinen börjar", revisionDue: "Översyn av rutinen: sista dagen", note: "Logga in i Budstikke för att se uppgiften.", done: "Slutförd.",
	},
	"en": {
		name: "Annual wheel", review: "The review of access opens", reviewDue: "The review of access: last day",
		revision: "The revision of the routine begins", revisionDue: "The revision of the routine: last day", note: "Sign in to Budstikke to see the task.", done: "Completed.",
	},
}
