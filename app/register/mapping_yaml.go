package register

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"budstikke.example/app/nationalid"
)

// maxMappingBytes is far more than a mapping needs.
const maxMappingBytes = 64 << 10

// mappingReader walks the YAML tree so that every mistake gets its line.
type mappingReader struct {
	file     string
	mapping  Mapping
	problems Problems
}

// ParseMapping reads a mapping file. Unknown keys, unknown fields and unknown meanings are errors with their line: a
// mistyped field would otherwise silently lose a column, such as the one that marks protected identities.
func ParseMapping(file []byte, name string) (Mapping, Problems) {
	r := &mappingReader{file: name, mapping: Mapping{
		Covers: CoverageFull, Dates: []string{"2006-01-02"}, Columns: map[Field]string{}, Defaults: map[Field]string{}, Words: map[WordKind]map[string]string{},
	}}
	r.read(file)
	if r.problems.Failed() {
		return Mapping{}, r.problems
	}
	return r.mapping, r.problems
}

func (r *mappingReader) fault(line int, reason string) {
	r.problems.add(Problem{File: r.file, Line: line, Reason: reason, Severity: SeverityError})
}

var yamlLine = regexp.MustCompile(`line (\d+)`)

func (r *mappingReader) read(file []byte) {
	if len(file) > maxMappingBytes {
		r.fault(0, "The mapping file is larger than 64 kB. It names columns only; was another file given?")
		return
	}
	var document yaml.Node
	if err := yaml.Unmarshal(file, &document); err != nil {
		line := 0
		if found := yamlLine.FindStringSubmatch(err.Error()); found != nil {
			line, _ = strconv.Atoi(found[1]) // the pattern only matches digits; 0 means "no line"
		}
		r.fault(line, "The mapping is not valid YAML. Check the indentation and that texts with a colon stand in quotation marks.")
		return
	}
	if len(document.Content) != 1 {
		r.fault(0, "The mapping file is empty.")
		return
	}
	root := document.Content[0]
	r.eachEntry(root, "the mapping", func(key, value *yaml.Node) {
		if key.Value == "kind" { // the fields that are allowed depend on it
			r.kind(value)
		}
	})
	if r.problems.Failed() {
		return
	}
	r.eachEntry(root, "the mapping", r.topLevel)
	if r.mapping.Kind == "" {
		r.fault(1, "The mapping has to say “kind: admission” or “kind: staff”.")
		return
	}
	if r.mapping.Country == "" {
		r.fault(1, "The mapping has to say which country's identity numbers the list has: “country: NO”, SE, DK, FI or IS.")
		return
	}
	r.mapping.check(func(severity Severity, reason string) {
		r.problems.add(Problem{File: r.file, Reason: reason, Severity: severity})
	})
}

func (r *mappingReader) topLevel(key, value *yaml.Node) {
	switch key.Value {
	case "kind":
	case "country":
		country := nationalid.Country(strings.ToUpper(r.scalar(value)))
		if dialling[country] == "" {
			r.fault(value.Line, "The country has to be NO, SE, DK, FI or IS.")
			return
		}
		r.mapping.Country = country
	case "encoding":
		switch Encoding(strings.ToLower(r.scalar(value))) {
		case EncodingUTF8:
			r.mapping.Encoding = EncodingUTF8
		case EncodingWindows1252:
			r.mapping.Encoding = EncodingWindows1252
		default:
			r.fault(value.Line, "The encoding has to be “utf-8” or “windows-1252”; leave it out to have it found.")
		}
	case "delimiter":
		text := value.Value
		if value.Kind != yaml.ScalarNode || (text != ";" && text != "," && text != "\t") {
			r.fault(value.Line, "The delimiter has to be \";\", \",\" or \"\\t\" in quotation marks; leave it out to have it found.")
			return
		}
		r.mapping.Delimiter = rune(text[0])
	case "covers":
		switch Coverage(r.scalar(value)) {
		case CoverageFull:
			r.mapping.Covers = CoverageFull
		case CoveragePartial:
			r.mapping.Covers = CoveragePartial
		default:
			r.fault(value.Line, "“covers” has to be “full” (who is missing has left) or “partial”.")
		}
	case "dates":
		r.dates(value)
	case "columns":
		r.fields(value, "columns", r.mapping.Columns)
	case "defaults":
		r.fields(value, "defaults", r.mapping.Defaults)
		for _, field := range []string{partID, partNationalID} {
			for _, who := range []string{"child", "guardian1", "guardian2", "person"} {
				if r.mapping.Defaults[of(who, field)] != "" {
					r.fault(value.Line, "A person's "+field+" can not have a default: everybody would become the same person.")
				}
			}
		}
	case "words":
		r.words(value)
	default:
		r.fault(key.Line, "Unknown key "+quoted(key.Value)+". Known are kind, country, encoding, delimiter, covers, dates, columns, defaults and words.")
	}
}

func (r *mappingReader) kind(value *yaml.Node) {
	switch kind := ListKind(r.scalar(value)); kind {
	case ListAdmission, ListStaff:
		r.mapping.Kind = kind
	default:
		r.fault(value.Line, "The kind has to be “admission” or “staff”.")
	}
}

func (r *mappingReader) scalar(node *yaml.Node) string {
	if node.Kind != yaml.ScalarNode {
		r.fault(node.Line, "A single text is expected here.")
		return ""
	}
	return strings.TrimSpace(node.Value)
}

// eachEntry calls do for every key of a YAML map and refuses repeated keys, anchors and anything that is no map.
func (r *mappingReader) eachEntry(node *yaml.Node, what string, do func(key, value *yaml.Node)) {
	if node.Kind != yaml.MappingNode {
		r.fault(node.Line, "Lines like “name: text” are expected under "+what+".")
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		switch {
		case key.Kind != yaml.ScalarNode || value.Kind == yaml.AliasNode || key.Value == "<<":
			r.fault(key.Line, "YAML anchors and composed keys are not used in a mapping.")
			continue
		case seen[key.Value]:
			r.fault(key.Line, "The key "+quoted(key.Value)+" is there twice.")
			continue
		}
		seen[key.Value] = true
		do(key, value)
	}
}

func (r *mappingReader) fields(node *yaml.Node, what string, into map[Field]string) {
	allowed := Fields(r.mapping.Kind)
	r.eachEntry(node, what, func(key, value *yaml.Node) {
		if !slices.Contains(allowed, Field(key.Value)) {
			r.fault(key.Line, fmt.Sprintf("Unknown field %s under %s of a list of kind “%s”.", quoted(key.Value), what, r.mapping.Kind))
			return
		}
		text := r.scalar(value)
		if text == "" {
			r.fault(value.Line, "The text for "+quoted(key.Value)+" is empty. Remove the line if the list has no such column.")
			return
		}
		into[Field(key.Value)] = text
	})
}

// dates reads layouts in the words people use: YYYY, MM and DD with any separators.
func (r *mappingReader) dates(node *yaml.Node) {
	nodes := []*yaml.Node{node}
	if node.Kind == yaml.SequenceNode {
		nodes = node.Content
	}
	r.mapping.Dates = nil
	for _, one := range nodes {
		text := r.scalar(one)
		layout := strings.NewReplacer("YYYY", "2006", "MM", "01", "DD", "02").Replace(text)
		if strings.Count(text, "YYYY") != 1 || strings.Count(text, "MM") != 1 || strings.Count(text, "DD") != 1 ||
			strings.Trim(text, "YMD-./ ") != "" || len(text) > 12 {
			r.fault(one.Line, "A date is written with YYYY, MM and DD, for example YYYY-MM-DD or DD.MM.YYYY. Years of two digits are not taken.")
			continue
		}
		r.mapping.Dates = append(r.mapping.Dates, layout)
	}
}

func (r *mappingReader) words(node *yaml.Node) {
	r.eachEntry(node, "words", func(key, value *yaml.Node) {
		kind := WordKind(key.Value)
		known, found := meanings[kind]
		if !found {
			r.fault(key.Line, "Unknown kind of word "+quoted(key.Value)+". Known are yes_no, protected, role, kind and ownership.")
			return
		}
		translations := map[string]string{}
		r.eachEntry(value, key.Value, func(meaning, words *yaml.Node) {
			if !slices.Contains(known, meaning.Value) {
				r.fault(meaning.Line, "Unknown meaning "+quoted(meaning.Value)+". Known are "+strings.Join(known, ", ")+".")
				return
			}
			list := []*yaml.Node{words}
			if words.Kind == yaml.SequenceNode {
				list = words.Content
			}
			for _, word := range list {
				text := fold(r.scalar(word))
				if other, taken := translations[text]; taken && other != meaning.Value {
					r.fault(word.Line, "The word "+quoted(text)+" has two meanings.")
				}
				translations[text] = meaning.Value
			}
		})
		r.mapping.Words[kind] = translations
	})
}
