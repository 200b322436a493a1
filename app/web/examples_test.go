package web_test

import (
	"encoding/base64"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"budstikke.example/app/web/webtest"
	"budstikke.example/auth"
)

// forms are what the program's own secrets and cursors look like. Somebody who builds a client copies the examples.
var forms = map[string]func(example string) bool{
	"Session.token":               func(s string) bool { _, err := auth.ParseToken(s); return err == nil },
	"Session.refreshToken":        isRefresh,
	"SessionRefresh.refreshToken": isRefresh,
	"SessionRefresh.deviceSecret": isDevice,
	"SignInDevice.secret":         isDevice,
	"BankIDHolder.holder":         func(s string) bool { _, err := auth.ParseHolder(s); return err == nil },
	"BankIDOrder.holder":          func(s string) bool { _, err := auth.ParseHolder(s); return err == nil },
	"BankIDCollect.holder":        func(s string) bool { _, err := auth.ParseHolder(s); return err == nil },
	"MobileVerification.code":     regexp.MustCompile(`^[0-9]{6}$`).MatchString,
	"TwilioMessage.Body":          regexp.MustCompile(`^[0-9]{6}$`).MatchString,
	"EmailConfirmation.token":     func(s string) bool { return strings.HasPrefix(s, "bec_") && size(s[4:]) == 72 },
	"Guardianship.etag":           regexp.MustCompile(`^"[0-9]+"$`).MatchString,
	"TextReview.acknowledgement":  func(s string) bool { return size(s) == 40 },
}

func isRefresh(s string) bool { _, _, err := auth.ParseRefresh(s); return err == nil }

func isDevice(s string) bool { _, err := auth.ParseDevice(s, ""); return err == nil }

func size(s string) int {
	raw, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return -1
	}
	return len(raw)
}

func TestExamplesAreOfTheirForm(t *testing.T) {
	t.Parallel()
	document := webtest.Contract(t).Document
	seen := 0
	for schema, ref := range document.Components.Schemas {
		for name, property := range ref.Value.Properties {
			example, _ := property.Value.Example.(string)
			fits, known := forms[schema+"."+name]
			switch {
			case name == "next":
				fits = func(s string) bool { return slices.Contains([]int{16, 24}, size(s)) }
			case name == "acknowledgement":
				fits = forms["TextReview.acknowledgement"]
			case !known:
				continue
			}
			seen++
			if !fits(example) {
				t.Errorf("the example of %s.%s is %q", schema, name, example)
			}
		}
	}
	if seen < len(forms)+8 {
		t.Errorf("only %d examples were looked at", seen)
	}
	for name, p := range document.Components.Parameters {
		if p.Value.Example == nil && p.Value.In != openapi3.ParameterInPath {
			t.Errorf("the parameter %s has no example", name)
		}
	}
}
