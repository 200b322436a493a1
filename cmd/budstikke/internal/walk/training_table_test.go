package walk_test

import "maps"

func init() {
	maps.Copy(table, map[string]row{
		"ListTraining": {allowed: heads, status: 200},
		"RecordTraining": {allowed: heads, status: 200, body: func(w *walk, _ ids, _ who) any {
			return map[string]any{"personId": w.person("Leonorina"), "routines": []string{"messages", "privacy"}, "day": w.day(0)}
		}},
	})
}
