package contract

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// Contract is openapi.yaml, checked and taken apart. It is read-only and safe for concurrent use.
type Contract struct {
	// Document is the whole contract with its references resolved.
	Document *openapi3.T
	// Operations are in the order of the file.
	Operations []*Operation
	// Codes are the words a problem may carry.
	Codes []string
}

// Load reads a contract. An error names every operation that this package could not hold requests against.
func Load(source []byte) (*Contract, error) {
	document, err := openapi3.NewLoader().LoadFromData(source)
	if err != nil {
		return nil, fmt.Errorf("contract: %w", err)
	}
	if err := document.Validate(context.Background()); err != nil {
		return nil, fmt.Errorf("contract: %w", err)
	}
	c := &Contract{Document: document}
	if c.Codes, err = codes(document); err != nil {
		return nil, err
	}
	var mistakes []error
	for path, item := range document.Paths.Map() {
		for method, spec := range item.Operations() {
			operation, err := newOperation(document, method, path, item.Parameters, spec)
			if err != nil {
				mistakes = append(mistakes, fmt.Errorf("contract: %s %s: %w", method, path, err))
				continue
			}
			c.Operations = append(c.Operations, operation)
		}
	}
	// The parsed document has lost the order of the file, in which people wrote the operations to be read.
	slices.SortFunc(c.Operations, func(a, b *Operation) int {
		return bytes.Index(source, []byte("operationId: "+a.ID+"\n")) - bytes.Index(source, []byte("operationId: "+b.ID+"\n"))
	})
	mistakes = append(mistakes, ambiguities(c.Operations)...)
	return c, errors.Join(mistakes...)
}

// Find returns the operation that a request line is for. path carries no query.
func (c *Contract) Find(method, path string) (*Operation, bool) {
	for _, operation := range c.Operations {
		if _, ok := operation.match(path); ok && operation.Method == method {
			return operation, true
		}
	}
	return nil, false
}

// codes returns the enumerated codes of the schema Problem.
func codes(document *openapi3.T) ([]string, error) {
	var list []string
	if document.Components != nil {
		if problem := document.Components.Schemas["Problem"]; problem != nil {
			if code := problem.Value.Properties["code"]; code != nil {
				for _, value := range code.Value.Enum {
					if word, ok := value.(string); ok {
						list = append(list, word)
					}
				}
			}
		}
	}
	if len(list) == 0 {
		return nil, errors.New("contract: the schema Problem lists no codes")
	}
	return list, nil
}

// ambiguities finds operations that one request line could be for; which one answered would depend on the order of the file.
func ambiguities(operations []*Operation) []error {
	var mistakes []error
	for i, a := range operations {
		for _, b := range operations[i+1:] {
			if a.ID == b.ID {
				mistakes = append(mistakes, fmt.Errorf("contract: two operations are called %s", a.ID))
			}
			if a.Method == b.Method && overlap(a.Path, b.Path) {
				mistakes = append(mistakes, fmt.Errorf("contract: one path fits both %s and %s", a.ID, b.ID))
			}
		}
	}
	return mistakes
}

func overlap(a, b string) bool {
	first, second := strings.Split(a, "/"), strings.Split(b, "/")
	if len(first) != len(second) {
		return false
	}
	for i := range first {
		if first[i] != second[i] && !strings.HasPrefix(first[i], "{") && !strings.HasPrefix(second[i], "{") {
			return false
		}
	}
	return true
}
