package system_test

import (
	"log/slog"
	"testing"

	"homie/node/system"
)

func TestHealth(t *testing.T) {
	p := system.Health(t.Context(), slog.New(slog.DiscardHandler))
	if p.UptimeMs <= 0 || p.CPUs < 1 || p.MemoryTotal == 0 || p.DiskTotal == 0 {
		t.Errorf("Health() = %+v, want a machine that is up and has memory and a disk", p)
	}
	if p.MemoryUsed > p.MemoryTotal || p.DiskUsed > p.DiskTotal {
		t.Errorf("Health() = %+v, uses more than there is", p)
	}
	if d := system.Describe(); d.OS == "" || d.Account == "" {
		t.Errorf("Describe() = %+v, want an OS and an account", d)
	}
}
