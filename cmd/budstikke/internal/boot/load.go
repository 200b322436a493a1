package boot

import (
	"encoding"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Lookup reads one variable of the environment; os.LookupEnv is one.
type Lookup func(name string) (string, bool)

// Mistake is one thing that is wrong with the configuration.
type Mistake struct {
	Name    string // the variable
	Problem string // what is wrong and what it should be; never the value of a secret
}

// Mistakes is the error that Load returns: everything that is wrong, at once.
type Mistakes []Mistake

// Error lists the mistakes, a line each.
func (m Mistakes) Error() string {
	var text strings.Builder
	text.WriteString("the configuration has mistakes (`budstikke config` explains every setting):")
	for _, mistake := range m {
		fmt.Fprintf(&text, "\n  %s %s", mistake.Name, mistake.Problem)
	}
	return text.String()
}

// About tells whether one of the mistakes is about one of the settings.
func (m Mistakes) About(names ...string) bool {
	return slices.ContainsFunc(m, func(one Mistake) bool { return slices.Contains(names, one.Name) })
}

// Section is the names of all settings of the section that a setting is in.
func Section(name string) []string {
	all := fields(&Settings{})
	i := slices.IndexFunc(all, func(f field) bool { return f.name == name })
	var names []string
	for _, f := range all {
		if i >= 0 && f.section == all[i].section {
			names = append(names, f.name)
		}
	}
	return names
}

// Load reads the settings for one command ("api", "notify", …; "" asks for nothing) from the environment. Every
// mistake is reported at once, as Mistakes; the settings that could be read are returned with it.
func Load(command string, lookup Lookup) (Settings, error) {
	var (
		s        Settings
		mistakes Mistakes
	)
	for _, f := range fields(&s) {
		text, problem := f.read(lookup)
		if problem == "" && text != "" {
			problem = f.set(text)
		}
		if problem == "" && text == "" && slices.Contains(f.needed, command) {
			problem = "is not set, and " + command + " needs it: " + f.help
		}
		if problem != "" {
			mistakes = append(mistakes, Mistake{f.name, problem})
		}
	}
	// What hangs together is looked at only where the single values are right: one mistake is reported once.
	for _, mistake := range s.check() {
		if !mistakes.About(mistake.Name) {
			mistakes = append(mistakes, mistake)
		}
	}
	if len(mistakes) > 0 {
		return s, mistakes
	}
	return s, nil
}

// LoadFromEnvironment is Load with the environment of this process.
func LoadFromEnvironment(command string) (Settings, error) { return Load(command, os.LookupEnv) }

// field is one setting: where it is kept, and what its tags say.
type field struct {
	section, name, fallback, help, form string
	needed, oneOf                       []string
	least, most                         string // bounds of numbers; of durations in seconds
	value                               reflect.Value
}

// fields lists the settings in the order in which they are written.
func fields(s *Settings) []field {
	var all []field
	sections := reflect.ValueOf(s).Elem()
	for i := range sections.NumField() {
		section := sections.Field(i)
		for j := range section.NumField() {
			tag := section.Type().Field(j).Tag
			all = append(all, field{
				section: sections.Type().Field(i).Name, value: section.Field(j),
				name: tag.Get("env"), fallback: tag.Get("default"), help: tag.Get("help"), form: tag.Get("form"),
				needed: list(tag.Get("needed")), oneOf: list(tag.Get("oneof")), least: tag.Get("min"), most: tag.Get("max"),
			})
		}
	}
	return all
}

// list splits at commas and drops what is empty.
func list(text string) []string {
	var items []string
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}

// secret reports whether the setting must not be seen and may be read from a file.
func (f field) secret() bool {
	switch f.value.Interface().(type) {
	case Secret, Keyring:
		return true
	default:
		return false
	}
}

// read finds the text of the setting: the variable, the file that VARIABLE_FILE names, or the default.
func (f field) read(lookup Lookup) (text, problem string) {
	text, _ = lookup(f.name)
	if f.secret() {
		if path, ok := lookup(f.name + "_FILE"); ok && path != "" {
			if text != "" {
				return "", "and " + f.name + "_FILE are both set: keep one of them"
			}
			content, err := os.ReadFile(path)
			if err != nil {
				return "", "cannot be read from the file that " + f.name + "_FILE names: " + err.Error()
			}
			text = string(content)
			if utf8.ValidString(text) { // a .p12 file is no text, and may end in the byte of a line feed
				text = strings.TrimRight(text, "\r\n")
			}
			if text == "" {
				return "", "is empty in the file that " + f.name + "_FILE names"
			}
		}
	}
	if text == "" {
		text = f.fallback
	}
	return text, ""
}

// set parses the text into the field and returns what is wrong with it.
func (f field) set(text string) (problem string) {
	var err error
	switch target := f.value.Addr().Interface().(type) {
	case *Secret:
		*target = Secret(text)
	case encoding.TextUnmarshaler:
		err = target.UnmarshalText([]byte(text))
	case *string:
		*target = text
	case *[]string:
		*target = list(text)
	case *int:
		if *target, err = strconv.Atoi(text); err != nil {
			err = fmt.Errorf("is %q and must be a whole number", text)
		}
	case *time.Duration:
		if *target, err = time.ParseDuration(text); err != nil {
			err = fmt.Errorf("is %q and must be a duration like 250ms, 10s or 5m", text)
		} else if *target <= 0 {
			err = fmt.Errorf("is %q and must be longer than nothing", text)
		}
	default:
		err = errors.New("has a type that the loader does not know") // a test walks every field
	}
	if err == nil {
		err = f.bounds()
	}
	if err == nil {
		err = f.shape()
	}
	if err != nil {
		return err.Error()
	}
	return ""
}
