package push

import (
	"context"
	"errors"

	firebase "firebase.google.com/go/v4"
	"firebase.google.com/go/v4/messaging"
	"google.golang.org/api/option"
)

// openMessaging makes firebase's messaging client. It opens no connection; authorisation and retries are ours, in the HTTP client.
func openMessaging(projectID string, opts ...option.ClientOption) (*messaging.Client, error) {
	refused := errors.New("FCM: the Firebase library refuses the configuration; check ProjectID and Endpoint")
	app, err := firebase.NewApp(context.Background(), &firebase.Config{ProjectID: projectID}, opts...)
	if err != nil {
		return nil, refused
	}
	client, err := app.Messaging(context.Background())
	if err != nil {
		return nil, refused
	}
	return client, nil
}
