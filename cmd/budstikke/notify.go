package main

import (
	"context"
	"errors"
	"net/http"
	"os"
	"time"

	"budstikke.example/cmd/budstikke/internal/boot"
	"budstikke.example/cmd/budstikke/internal/system"
	"budstikke.example/notify"
	"budstikke.example/notify/worker"
)

// notifyCommand is the process that carries notices out.
type notifyCommand struct{}

// Run carries notices out until SIGTERM; what is being sent is finished or given back first.
func (notifyCommand) Run(ctx context.Context, t terminal) error {
	settings, err := system.Load("notify", os.LookupEnv)
	if err != nil {
		return err
	}
	log := boot.NewLog(t.err, settings.Process)
	base, closeAll, err := system.Open(ctx, settings, system.ForWorker, log, boot.OpenDatabase)
	if err != nil {
		return err
	}
	defer closeAll()
	w, err := system.NewWorker(base, carrying(settings))
	if err != nil {
		return err
	}
	health := &http.Server{Addr: settings.Notify.Health, Handler: system.WorkerHealth(base, w), ReadHeaderTimeout: 5 * time.Second}
	return boot.Run(ctx, log,
		boot.Part{Name: "channels", Stop: w.Close},
		boot.Part{
			Name:   "worker",
			Start:  func(ctx context.Context) error { w.Start(context.WithoutCancel(ctx)); return nil },
			Stop:   w.Stop,
			StopIn: settings.Process.StopIn,
		},
		boot.Part{
			Name: "health",
			Serve: func(context.Context) error {
				if err := health.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
					return err
				}
				return nil
			},
			Stop: health.Shutdown,
		},
	)
}

// carrying puts what the operator has set into a worker's configuration.
func carrying(settings boot.Settings) func(*worker.Config) {
	return func(c *worker.Config) {
		c.RelayEvery, c.PollEvery = settings.Notify.Relay, settings.Notify.Poll
		c.Rates = map[notify.Provider]float64{
			notify.ProviderAPNs: float64(settings.APNs.Rate), notify.ProviderFCM: float64(settings.FCM.Rate), notify.ProviderWebPush: float64(settings.WebPush.Rate),
			notify.ProviderTwilio: float64(settings.SMS.Rate), notify.ProviderSMTP: float64(settings.Email.Rate),
		}
		c.Synthetic = syntheticAddresses(settings.Notify)
		if settings.Notify.Slots > 0 {
			c.Slots = map[notify.Provider]int{}
			for _, p := range notify.Providers() {
				c.Slots[p] = settings.Notify.Slots
			}
		}
	}
}
