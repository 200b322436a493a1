package walk_test

import "maps"

func init() {
	maps.Copy(table, map[string]row{
		"ListLooks":      {allowed: family, status: 200, query: "?limit=3"},
		"ListChildLooks": {allowed: heads, status: 200, query: "?limit=3"},
	})
}
