// Package system says what a machine is and how it is. It reads the operating
// system and changes nothing; what can't be read is left at zero.
package system

import (
	"context"
	"log/slog"
	"os"
	"os/user"
	"runtime"

	"github.com/shirou/gopsutil/v4/disk"
	"github.com/shirou/gopsutil/v4/host"
	"github.com/shirou/gopsutil/v4/load"
	"github.com/shirou/gopsutil/v4/mem"

	"homie/wire/presence"
)

// Description is what does not change while a node runs.
type Description struct {
	OS, Arch string
	Account  string // the OS account that the node runs as
	Root     bool   // it may become other accounts
}

// Describe returns what this machine and this process are.
func Describe() Description {
	d := Description{OS: runtime.GOOS, Arch: runtime.GOARCH, Root: os.Geteuid() == 0}
	if u, err := user.Current(); err == nil {
		d.Account = u.Username
	}
	return d
}

// Health returns how the machine is now. What can't be read is logged at debug
// level and left at zero.
func Health(ctx context.Context, log *slog.Logger) presence.HeartbeatParams {
	p := presence.HeartbeatParams{CPUs: runtime.NumCPU()}
	note := func(what string, err error) bool {
		if err != nil {
			log.Debug("reading the machine's state", "what", what, "err", err)
		}
		return err == nil
	}
	if s, err := host.UptimeWithContext(ctx); note("uptime", err) {
		p.UptimeMs = int64(s) * 1000
	}
	if l, err := load.AvgWithContext(ctx); note("load", err) {
		p.Load1 = l.Load1
	}
	if m, err := mem.VirtualMemoryWithContext(ctx); note("memory", err) {
		p.MemoryTotal, p.MemoryUsed = m.Total, m.Total-m.Available
	}
	if d, err := disk.UsageWithContext(ctx, home()); note("disk", err) {
		p.DiskTotal, p.DiskUsed = d.Total, d.Used
	}
	return p
}

func home() string {
	if dir, err := os.UserHomeDir(); err == nil {
		return dir
	}
	return string(os.PathSeparator)
}
