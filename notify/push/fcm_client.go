package push

import (
	"context"
	"errors"
	"reflect"

	"firebase.google.com/go/v4/messaging"
	"google.golang.org/api/option"
)

// openMessaging makes firebase's messaging client without firebase.App, which would link Firestore, Storage and Auth into our binary.
// messaging.NewClient is exported but its configuration is an internal type; open says which, and its two fields are set by name. A
// release that renames them fails here, at start, and in this package's tests.
func openMessaging[C any](open func(context.Context, *C) (*messaging.Client, error), projectID string, opts ...option.ClientOption,
) (*messaging.Client, error) {
	config := new(C)
	fields := reflect.ValueOf(config).Elem()
	for name, value := range map[string]any{"ProjectID": projectID, "Opts": opts} {
		field := fields.FieldByName(name)
		if !field.IsValid() || !field.CanSet() || field.Type() != reflect.TypeOf(value) {
			return nil, errors.New("FCM: this release of the Firebase library is configured differently; go back to the pinned one")
		}
		field.Set(reflect.ValueOf(value))
	}
	client, err := open(context.Background(), config)
	if err != nil {
		return nil, errors.New("FCM: the Firebase library refuses the configuration; check ProjectID and Endpoint")
	}
	return client, nil
}
