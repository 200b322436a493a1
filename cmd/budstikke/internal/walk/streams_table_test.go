package walk_test

import "maps"

func init() {
	maps.Copy(table, map[string]row{ // the streams of the walk are over after a moment
		"OpenStream":      {allowed: guardians, status: 200},
		"OpenStaffStream": {allowed: everyRole, status: 200},
	})
}
