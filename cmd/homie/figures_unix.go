//go:build linux || darwin

package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"syscall"
)

// tellFigures logs how much this process has of what could grow, each time it
// gets SIGUSR1, until ctx ends: for whoever looks after it, and for the soak.
// A signal comes from the process's own account and needs no way in.
func tellFigures(ctx context.Context, log *slog.Logger) {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGUSR1)
	defer signal.Stop(asked)
	for times := 1; ; times++ {
		select {
		case <-asked:
		case <-ctx.Done():
			return
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		log.Info("figures", "times", times, "goroutines", runtime.NumGoroutine(), "heap_bytes", m.HeapAlloc, "collections", m.NumGC)
	}
}
