package main

import (
	"context"
	"net/netip"
	"os"
	"strings"
	"time"

	"budstikke.example/app/web"
	"budstikke.example/cmd/budstikke/internal/boot"
	"budstikke.example/cmd/budstikke/internal/system"
)

// apiCommand is the process that apps and browsers talk to.
type apiCommand struct{}

// Run serves the API until SIGTERM; requests under way are finished first.
func (apiCommand) Run(ctx context.Context, t terminal) error {
	settings, err := system.Load("api", os.LookupEnv)
	if err != nil {
		return err
	}
	log := boot.NewLog(t.err, settings.Process)
	keys, err := boot.OpenKeys(settings)
	if err != nil {
		return err
	}
	base, closeAll, err := system.Open(ctx, settings, system.ForAPI, log, boot.OpenRehearsed)
	if err != nil {
		return err
	}
	defer closeAll()
	base.Streams.Most = settings.Web.Streams
	config := web.Config{
		RequestTimeout: settings.Web.RequestTime, ReadTimeout: settings.Web.ReadTime, IdleTimeout: settings.Web.IdleTime, BodyLimit: settings.Web.BodyLimit,
	}
	if strings.HasPrefix(base.PublicURL, "https://") {
		config.HSTS = 365 * 24 * time.Hour
	}
	for _, network := range settings.Web.TrustedProxies {
		prefix, err := netip.ParsePrefix(network)
		if err != nil {
			return err
		}
		config.TrustedProxies = append(config.TrustedProxies, prefix)
	}
	api, err := system.NewAPI(base, keys, config)
	if err != nil {
		return err
	}
	parts := append(api.Housekeeping(base.DB, settings.Audit, log),
		system.ServeMetrics(settings.Web.Metrics, system.Alarms{DB: base.DB}, system.Months{DB: base.DB}, api.Requests, api.Unread),
		boot.Part{
			Name:   "api",
			Serve:  func(context.Context) error { return api.Server.Listen(settings.Web.Address) },
			Stop:   api.Server.Shutdown,
			StopIn: settings.Process.StopIn,
		},
	)
	return boot.Run(ctx, log, parts...)
}
