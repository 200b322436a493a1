package walk_test

import "maps"

func init() {
	maps.Copy(table, map[string]row{
		"GetStaffRule": {allowed: []who{topOwner}, status: 200},
		"SetStaffRule": {allowed: []who{topOwner}, status: 200, body: fixed(map[string]any{"substituteDays": 14})},
	})
}
