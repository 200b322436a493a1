package walk_test

import "maps"

func init() {
	maps.Copy(table, map[string]row{
		"GetTextRule": {allowed: []who{topOwner}, status: 200},
		"SetTextRule": {allowed: []who{topOwner}, status: 200, body: fixed(map[string]any{
			"everydayIllnessHint": false, "categoriesOff": []string{}, "absenceNotes": true, "noteDays": 30,
		})},
	})
}
