package bankid

import "budstikke.example/auth/language"

type hintText struct {
	status Status
	language.Text
}

var hintWords = map[Hint]hintText{
	OutstandingTransaction: {Pending, language.Text{
		NB: "Åpne BankID-appen.",
		NN: "Opne BankID-appen.",
		DA: "Åbn BankID-appen.",
		SV: "Öppna BankID-appen.",
		EN: "Open the BankID app.",
	}},
	NoClient: {Pending, language.Text{
		NB: "Åpne BankID-appen på telefonen eller nettbrettet.",
		NN: "Opne BankID-appen på telefonen eller nettbrettet.",
		DA: "Åbn BankID-appen på telefonen eller tabletten.",
		SV: "Öppna BankID-appen i mobilen eller på surfplattan.",
		EN: "Open the BankID app on your phone or tablet.",
	}},
	Started: {Pending, language.Text{
		NB: "Vi leter etter BankID-en din. Finner appen ingen, må du først skaffe en hos banken din.",
		NN: "Vi leitar etter BankID-en din. Finn appen ingen, må du først skaffe ein hos banken din.",
		DA: "Vi leder efter dit BankID. Finder appen ikke et, skal du først få et hos din bank.",
		SV: "Vi letar efter ditt BankID. Hittar appen inget behöver du först skaffa ett hos din bank.",
		EN: "Looking for your BankID. If the app finds none, get one from your bank first.",
	}},
	UserMRTD: {Pending, language.Text{
		NB: "Vis legitimasjonen din slik appen ber om.",
		NN: "Vis legitimasjonen din slik appen ber om.",
		DA: "Vis din legitimation, som appen beder om.",
		SV: "Visa din id-handling så som appen ber om.",
		EN: "Show your identity document as the app asks.",
	}},
	UserCallConfirm: {Pending, language.Text{
		NB: "Svar i appen på om du er i samtale med oss.",
		NN: "Svar i appen på om du er i samtale med oss.",
		DA: "Svar i appen på, om du er i samtale med os.",
		SV: "Svara i appen på om du är i ett samtal med oss.",
		EN: "Answer in the app whether you are in a call with us.",
	}},
	UserSign: {Pending, language.Text{
		NB: "Skriv sikkerhetskoden i BankID-appen og bekreft.",
		NN: "Skriv tryggleikskoden i BankID-appen og stadfest.",
		DA: "Indtast sikkerhedskoden i BankID-appen, og bekræft.",
		SV: "Skriv din säkerhetskod i BankID-appen och bekräfta.",
		EN: "Enter your security code in the BankID app and confirm.",
	}},
	Processing: {Pending, language.Text{
		NB: "Et øyeblikk, vi fullfører innloggingen.",
		NN: "Eit augeblink, vi fullfører innlogginga.",
		DA: "Et øjeblik, vi gør login færdigt.",
		SV: "Ett ögonblick, vi slutför inloggningen.",
		EN: "One moment, completing the sign-in.",
	}},
	ExpiredTransaction: {Failed, language.Text{
		NB: "Det tok for lang tid. Begynn på nytt.",
		NN: "Det tok for lang tid. Byrja på nytt.",
		DA: "Det tog for lang tid. Begynd forfra.",
		SV: "Det tog för lång tid. Börja om.",
		EN: "It took too long. Start again.",
	}},
	CertificateErr: {Failed, language.Text{
		NB: "BankID-en er sperret eller for gammel. Prøv en annen, eller spør banken din.",
		NN: "BankID-en er sperra eller for gammal. Prøv ein annan, eller spør banken din.",
		DA: "Dit BankID er spærret eller for gammelt. Prøv et andet, eller spørg din bank.",
		SV: "Ditt BankID är spärrat eller för gammalt. Prova ett annat eller fråga din bank.",
		EN: "This BankID is blocked or too old. Try another one, or ask your bank.",
	}},
	UserCancel: {Failed, language.Text{
		NB: "Du avbrøt innloggingen.",
		NN: "Du avbraut innlogginga.",
		DA: "Du afbrød login.",
		SV: "Du avbröt inloggningen.",
		EN: "You cancelled the sign-in.",
	}},
	Cancelled: {Failed, language.Text{
		NB: "Innloggingen ble avbrutt fordi en ny ble startet. Begynn på nytt.",
		NN: "Innlogginga vart avbroten fordi ei ny vart starta. Byrja på nytt.",
		DA: "Login blev afbrudt, fordi et nyt blev startet. Begynd forfra.",
		SV: "Inloggningen avbröts för att en ny påbörjades. Börja om.",
		EN: "The sign-in was cancelled because another one was started. Start again.",
	}},
	StartFailed: {Failed, language.Text{
		NB: "BankID-appen ble ikke åpnet i tide. Sjekk at den er installert, og begynn på nytt.",
		NN: "BankID-appen vart ikkje opna i tide. Sjekk at han er installert, og byrja på nytt.",
		DA: "BankID-appen blev ikke åbnet i tide. Se efter, at den er installeret, og begynd forfra.",
		SV: "BankID-appen öppnades inte i tid. Se efter att den är installerad och börja om.",
		EN: "The BankID app was not opened in time. Check that it is installed, and start again.",
	}},
	UserDeclinedCall: {Failed, language.Text{
		NB: "Du svarte at du ikke er i samtale med oss. Innloggingen er stoppet.",
		NN: "Du svarte at du ikkje er i samtale med oss. Innlogginga er stoppa.",
		DA: "Du svarede, at du ikke er i samtale med os. Login er stoppet.",
		SV: "Du svarade att du inte är i samtal med oss. Inloggningen är stoppad.",
		EN: "You answered that you are not in a call with us. The sign-in was stopped.",
	}},
	NotSupportedByUserApp: {Failed, language.Text{
		NB: "BankID-appen din er for gammel til dette. Oppdater den og begynn på nytt.",
		NN: "BankID-appen din er for gammal til dette. Oppdater han og byrja på nytt.",
		DA: "Din BankID-app er for gammel til dette. Opdater den, og begynd forfra.",
		SV: "Din BankID-app är för gammal för det här. Uppdatera den och börja om.",
		EN: "Your BankID app is too old for this. Update it and start again.",
	}},
	ReturnExpected: {Pending, language.Text{
		NB: "Du har bekreftet i BankID-appen. Gå tilbake hit fra den.",
		NN: "Du har stadfesta i BankID-appen. Gå tilbake hit frå han.",
		DA: "Du har bekræftet i BankID-appen. Gå tilbage hertil fra den.",
		SV: "Du har bekräftat i BankID-appen. Gå tillbaka hit från den.",
		EN: "You have confirmed in the BankID app. Come back here from it.",
	}},
	WrongReturn: {Failed, language.Text{
		NB: "Innloggingen begynte et annet sted og er stoppet. Begynn på nytt her, og åpne aldri BankID fra en lenke som noen har sendt deg.",
		NN: "Innlogginga byrja ein annan stad og er stoppa. Byrja på nytt her, og opne aldri BankID frå ei lenkje som nokon har sendt deg.",
		DA: "Login begyndte et andet sted og er stoppet. Begynd forfra her, og åbn aldrig BankID fra et link, som nogen har sendt dig.",
		SV: "Inloggningen påbörjades någon annanstans och är stoppad. Börja om här och öppna aldrig BankID från en länk som någon har skickat.",
		EN: "The sign-in began somewhere else and was stopped. Start again here, and never open BankID from a link that somebody sent you.",
	}},
	TransactionRiskBlocked: {Failed, language.Text{
		NB: "BankID stoppet innloggingen for din sikkerhets skyld. Begynn på nytt bare hvis det var du som startet den.",
		NN: "BankID stoppa innlogginga for din tryggleik. Byrja på nytt berre om det var du som starta henne.",
		DA: "BankID stoppede login for din sikkerheds skyld. Begynd kun forfra, hvis det var dig, der startede det.",
		SV: "BankID stoppade inloggningen för din säkerhets skull. Börja om bara om det var du som startade den.",
		EN: "BankID stopped the sign-in for your safety. Start again only if it was you who began it.",
	}},
}

var (
	pendingWords = language.Text{
		NB: "Innloggingen pågår. Følg med i BankID-appen.",
		NN: "Innlogginga er i gang. Følg med i BankID-appen.",
		DA: "Login er i gang. Følg med i BankID-appen.",
		SV: "Inloggningen pågår. Följ vad som står i BankID-appen.",
		EN: "The sign-in is under way. Follow the BankID app.",
	}
	failedWords = language.Text{
		NB: "Innloggingen mislyktes. Begynn på nytt.",
		NN: "Innlogginga gjekk ikkje. Byrja på nytt.",
		DA: "Login mislykkedes. Begynd forfra.",
		SV: "Inloggningen misslyckades. Börja om.",
		EN: "The sign-in failed. Start again.",
	}
	internalWords = language.Text{
		NB: "Noe gikk galt mellom oss og BankID. Prøv igjen.",
		NN: "Noko gjekk gale mellom oss og BankID. Prøv igjen.",
		DA: "Noget gik galt mellem os og BankID. Prøv igen.",
		SV: "Något gick fel mellan oss och BankID. Försök igen.",
		EN: "Something went wrong between us and BankID. Try again.",
	}
	unreachableWords = language.Text{
		NB: "Vi får ikke kontakt med BankID nå. Vent litt og prøv igjen.",
		NN: "Vi får ikkje kontakt med BankID no. Vent litt og prøv igjen.",
		DA: "Vi kan ikke få forbindelse til BankID lige nu. Vent lidt, og prøv igen.",
		SV: "Vi når inte BankID just nu. Vänta en stund och försök igen.",
		EN: "BankID cannot be reached right now. Wait a little and try again.",
	}
	restartWords = language.Text{
		NB: "Denne innloggingen gjelder ikke lenger. Begynn på nytt.",
		NN: "Denne innlogginga gjeld ikkje lenger. Byrja på nytt.",
		DA: "Dette login gælder ikke længere. Begynd forfra.",
		SV: "Den här inloggningen gäller inte längre. Börja om.",
		EN: "This sign-in is no longer valid. Start again.",
	}
	setupWords = language.Text{
		NB: "Innlogging med BankID er ikke satt opp riktig hos kommunen. Ta kontakt med barnehagen eller skolen.",
		NN: "Innlogging med BankID er ikkje rett sett opp hos kommunen. Ta kontakt med barnehagen eller skulen.",
		DA: "Login med BankID er ikke sat rigtigt op hos kommunen. Kontakt børnehaven eller skolen.",
		SV: "Inloggning med BankID är inte rätt inställd hos kommunen. Kontakta förskolan eller skolan.",
		EN: "Sign-in with BankID is not set up correctly at the municipality. Contact the kindergarten or the school.",
	}
)

var errorWords = map[ErrorCode]language.Text{
	AlreadyInProgress: {
		NB: "Det var allerede en innlogging i gang med denne BankID-en. Begge er avbrutt; begynn på nytt.",
		NN: "Det var alt ei innlogging i gang med denne BankID-en. Begge er avbrotne; byrja på nytt.",
		DA: "Der var allerede et login i gang med dette BankID. Begge er afbrudt; begynd forfra.",
		SV: "Det pågick redan en inloggning med detta BankID. Båda är avbrutna; börja om.",
		EN: "A sign-in with this BankID was already under way. Both are cancelled; start again.",
	},
	RequestTimeout: {
		NB: "BankID brukte for lang tid på å svare. Prøv igjen.",
		NN: "BankID brukte for lang tid på å svare. Prøv igjen.",
		DA: "BankID var for længe om at svare. Prøv igen.",
		SV: "BankID svarade inte i tid. Försök igen.",
		EN: "BankID took too long to answer. Try again.",
	},
	Maintenance: {
		NB: "BankID har vedlikehold. Prøv igjen om en stund.",
		NN: "BankID har vedlikehald. Prøv igjen om ei stund.",
		DA: "BankID er under vedligeholdelse. Prøv igen om lidt.",
		SV: "BankID har underhåll. Försök igen om en stund.",
		EN: "BankID is down for maintenance. Try again in a while.",
	},
	InvalidParameters:    restartWords,
	InternalError:        internalWords,
	BadAnswer:            internalWords,
	Unauthorized:         setupWords,
	NotFound:             setupWords,
	MethodNotAllowed:     setupWords,
	UnsupportedMediaType: setupWords,
}
