package app

import "strconv"

// ETag renders a version as an entity tag.
func ETag(version int) string { return `"` + strconv.Itoa(version) + `"` }

// CheckVersion compares an If-Match header with the version at hand. Fault: version_outdated.
func CheckVersion(ifMatch string, version int) error {
	if ifMatch != ETag(version) {
		return ErrVersionOutdated
	}
	return nil
}
