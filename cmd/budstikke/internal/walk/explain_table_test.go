package walk_test

import "maps"

func init() {
	maps.Copy(table, map[string]row{
		"ListChildViewers": {allowed: family, status: 200},
		"ExplainAccess":    {allowed: heads, status: 200},
	})
}
