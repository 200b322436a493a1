package web_test

import (
	"slices"
	"testing"

	"budstikke.example/app/web/webtest"
	"budstikke.example/auth/access"
)

// B9: an explanation can say every reason there is, those of the build without the policy too, and no other.
func TestContractListsEveryReason(t *testing.T) {
	t.Parallel()
	var listed []string
	for _, word := range webtest.Contract(t).Document.Components.Schemas["AccessReason"].Value.Enum {
		listed = append(listed, word.(string))
	}
	for _, reason := range access.Reasons {
		if !slices.Contains(listed, string(reason)) {
			t.Errorf("AccessReason lacks %s", reason)
		}
	}
	for _, word := range listed {
		if !slices.Contains(access.Reasons, access.Reason(word)) {
			t.Errorf("AccessReason lists %s, which is no reason", word)
		}
	}
}
