package walk_test

import "maps"

func init() {
	maps.Copy(table, map[string]row{
		"PreviewAlert": {allowed: heads, status: 200, again: recompute, body: fixed(map[string]any{"situation": "evacuation", "text": textOfAlert})},
	})
}
