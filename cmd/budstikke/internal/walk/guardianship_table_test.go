package walk_test

import "maps"

func init() {
	maps.Copy(table, map[string]row{
		"SuspendGuardianship": {allowed: heads, status: 200, arrange: (*walk).spareActive, body: fixed(map[string]any{"reason": deactivationReason})},
	})
}
