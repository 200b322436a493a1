package gateway

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"strconv"
	"strings"
	"testing"

	"budstikke.example/notify"
	"budstikke.example/notify/email"
	"budstikke.example/notify/push"
	"budstikke.example/notify/sms"
	"budstikke.example/notify/worker"
)

// ways are Budstikke's own senders, each with the connections that it has by itself.
type ways struct {
	Email *email.Sender
	Push  map[notify.Provider]worker.Pusher
	SMS   *sms.Sender
	apns  *push.APNs
	fcm   *push.FCM
}

// ways makes senders to the sandbox, as `budstikke notify` does.
func (p *provider) ways(b *testing.B) ways {
	b.Helper()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(p.Credentials.CAPEM))
	c := p.Credentials
	host, text, _ := net.SplitHostPort(p.Addresses.SMTP)
	port, _ := strconv.Atoi(text)
	var w ways
	var errs [4]error
	w.apns, errs[0] = push.NewAPNs(push.APNsConfig{
		Host: p.Addresses.APNs, Key: c.APNs.KeyP8, KeyID: c.APNs.KeyID, TeamID: c.APNs.TeamID, Topic: c.APNs.Topic, RootCAs: roots,
	})
	w.fcm, errs[1] = push.NewFCM(push.FCMConfig{
		Endpoint: p.Addresses.FCMTLS, ProjectID: c.FCM.ProjectID, Credentials: c.FCM.ServiceAccountJSON, RootCAs: roots,
	})
	w.Email, errs[2] = email.New(email.Config{
		Host: host, Port: port, RootCAs: roots, Username: c.SMTP.Username, Password: c.SMTP.Password, HELO: "budstikke.example",
		From: "Budstikke <no-reply@budstikke.example>", UnsubscribeURL: "https://budstikke.example/unsubscribe",
		UnsubscribeToken: func(d notify.Delivery) string { return d.Endpoint.String() },
	})
	w.SMS, errs[3] = sms.New(sms.Config{
		BaseURL: "https://" + strings.TrimPrefix(p.Addresses.Twilio, "http://"), RootCAs: roots,
		AccountSID: c.Twilio.AccountSID, Password: c.Twilio.AuthToken, MessagingService: c.Twilio.MessagingServiceSID,
	})
	if err := errors.Join(errs[:]...); err != nil {
		b.Fatal(err)
	}
	w.Push = map[notify.Provider]worker.Pusher{notify.ProviderAPNs: w.apns, notify.ProviderFCM: w.fcm}
	return w
}

func (w ways) close(ctx context.Context) error {
	var errs []error
	if w.apns != nil {
		errs = append(errs, w.apns.Close(ctx))
	}
	if w.fcm != nil {
		errs = append(errs, w.fcm.Close(ctx))
	}
	if w.Email != nil {
		errs = append(errs, w.Email.Close(ctx))
	}
	if w.SMS != nil {
		errs = append(errs, w.SMS.Close(ctx))
	}
	return errors.Join(errs...)
}
