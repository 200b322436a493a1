// Package budstikke holds the contract: openapi.yaml, embedded, because go:embed cannot look upwards from where it is used.
package budstikke

import _ "embed"

// OpenAPI is the contract, as YAML.
//
//go:embed openapi.yaml
var OpenAPI []byte
