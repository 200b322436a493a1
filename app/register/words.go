package register

// WordKind is a closed set of meanings for which lists use their own words.
type WordKind string

// The kinds of word that a mapping can translate.
const (
	wordsYesNo     WordKind = "yes_no"
	wordsProtected WordKind = "protected"
	wordsRole      WordKind = "role"
	wordsKind      WordKind = "kind"
	wordsOwnership WordKind = "ownership"
)

const (
	yes = "yes"
	no  = "no"
)

// meanings lists, per kind, what a word can mean.
var meanings = map[WordKind][]string{
	wordsYesNo:     {yes, no},
	wordsProtected: {"none", "marked", "protected", "strict"},
	wordsRole: {string(RoleOwner), string(RoleHead), string(RoleLeader), string(RoleEmployee), string(RoleSubstitute),
		string(RoleMunicipalProfessional), string(RoleExternalPartner)},
	wordsKind:      {string(Kindergarten), string(School)},
	wordsOwnership: {string(Municipal), string(SelfGoverning)},
}

// builtin are the Nordic words that mean the same in every municipality; a mapping adds its own and may overrule these.
// "leder" is left out on purpose: it is the pedagogue in Norway and the head in Denmark.
var builtin = map[WordKind]map[string]string{
	wordsYesNo: {
		"ja": yes, "j": yes, "x": yes, "true": yes, "sant": yes, "sand": yes, "1": yes, "kyllä": yes,
		"nei": no, "nej": no, "n": no, "false": no, "usant": no, "0": no, "ei": no, "-": no,
	},
	wordsProtected: {
		"ingen": "none", "nei": "none", "nej": "none", "no": "none", "-": "none", "ugradert": "none",
		"sekretessmarkering": "marked", "sekretess": "marked", "navne- og adressebeskyttelse": "marked", "adressebeskyttelse": "marked", "turvakielto": "marked",
		"skyddad folkbokföring": "protected", "kode 7": "protected", "fortrolig": "protected",
		"ja": "protected", "yes": "protected", "x": "protected", // a mark without a level is taken upward
		"kode 6": "strict", "strengt fortrolig": "strict", "strengt fortrolig utland": "strict",
	},
	wordsRole: {
		"eier": string(RoleOwner), "ejer": string(RoleOwner), "huvudman": string(RoleOwner),
		"styrer": string(RoleHead), "rektor": string(RoleHead), "förskolechef": string(RoleHead), "skoleleder": string(RoleHead), "institutionsleder": string(RoleHead),
		"pedagog": string(RoleLeader), "pædagog": string(RoleLeader), "pedagogisk leder": string(RoleLeader), "barnehagelærer": string(RoleLeader),
		"förskollärare": string(RoleLeader), "lärare": string(RoleLeader), "lærer": string(RoleLeader), "lærar": string(RoleLeader),
		"ansatt": string(RoleEmployee), "anställd": string(RoleEmployee), "barnskötare": string(RoleEmployee), "assistent": string(RoleEmployee),
		"fagarbeider": string(RoleEmployee), "barne- og ungdomsarbeider": string(RoleEmployee), "pædagogmedhjælper": string(RoleEmployee), "elevassistent": string(RoleEmployee),
		"vikar": string(RoleSubstitute), "vikarie": string(RoleSubstitute),
		"fagperson": string(RoleMunicipalProfessional), "ekstern partner": string(RoleExternalPartner), "extern partner": string(RoleExternalPartner),
	},
	wordsKind: {
		"barnehage": string(Kindergarten), "förskola": string(Kindergarten), "dagtilbud": string(Kindergarten), "børnehave": string(Kindergarten),
		"skole": string(School), "skule": string(School), "skola": string(School), "grundskola": string(School), "grunnskole": string(School), "folkeskole": string(School),
	},
	wordsOwnership: {
		"kommunal": string(Municipal), "kommunalt": string(Municipal),
		"privat": string(SelfGoverning), "fristående": string(SelfGoverning), "selvejende": string(SelfGoverning), "selveiende": string(SelfGoverning),
	},
}

// meaning translates a word; ok is false for a word that is unknown. Nothing is guessed: an unknown word in a column
// about protection or custody has to stop the import.
func (m Mapping) meaning(kind WordKind, word string) (meaning string, ok bool) {
	folded := fold(word)
	if meaning, ok = m.Words[kind][folded]; ok {
		return meaning, true
	}
	for _, canonical := range meanings[kind] {
		if canonical == folded {
			return canonical, true
		}
	}
	meaning, ok = builtin[kind][folded]
	return meaning, ok
}

func protectionOf(meaning string) Protection {
	switch meaning {
	case "marked":
		return ProtectionMarked
	case "protected":
		return ProtectionProtected
	case "strict":
		return ProtectionStrict
	default:
		return ProtectionNone
	}
}
