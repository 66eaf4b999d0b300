package main

import (
	"fmt"
	"os"

	"github.com/shirou/gopsutil/v4/load"

	"homie/bench/measure"
)

// The numbers to reach.
const (
	mostEcho      = 1.25 // × the relay's
	mostEchoP99   = 1.5
	mostFlood     = 2 // × the relay's under the same flood
	mostCrowd     = 2 // × the same machine's without a crowd
	leastBulk     = 0.75
	mostStopMs    = 50 // after Ctrl-C, beside a viewer
	mostStopFar   = farAway + 60
	mostQueue     = 1.2  // windows
	leastLoopback = 0.65 // × the bare PTY's
	mostHolderCPU = 12
	mostAttachMs  = 50
	mostAttachKB  = 1 << 10
	mostSessionKB = 150
	mostFullKB    = 3000 // a ring of 1 MiB, and 10,000 lines
	mostThreads   = 96   // of the node and the holder of all of them
	mostStallMB   = 2
	leastOther    = 0.9 // × what it got before
	leastParser   = 200 // MB per second of processor time
	mostSnapKB    = 64  // KiB
	mostSnapMs    = 1
	mostReadyMs   = 1000
	mostGateway   = 60 // MB
	mostNode      = 50
	mostBinary    = 45
)

// results makes the list of what was measured.
func (h *house) results(r runs) ([]Result, error) {
	binary, err := os.Stat(h.homie)
	if err != nil {
		return nil, fmt.Errorf("looking at the binary: %w", err)
	}
	both := func(name, unit, what, limit string, b bound) Result {
		return beside(name, unit, r.of(what, measure.Homie), r.of(what, limit), limitNames[limit], b)
	}
	return measured(append([]Result{
		both("echo_rtt_p50", "us", "echo p50", measure.Relay, bound{most: mostEcho}),
		both("echo_rtt_p99", "us", "echo p99", measure.Relay, bound{most: mostEchoP99}),
		both("echo_rtt_p50_bare", "us", "echo p50", measure.Bare, bound{}),
		both("echo_rtt_p99_bare", "us", "echo p99", measure.Bare, bound{}),
		both("echo_flood_tsnet_p50", "us", "echo-flood p50", measure.Relay, bound{most: mostFlood}),
		both("echo_flood_tsnet_p99", "us", "echo-flood p99", measure.Relay, bound{most: mostFlood}),
		both("echo_gateway_cpu_us", "us", "echo cpu middle", measure.Relay, bound{}),
		both("echo_node_cpu_us", "us", "echo cpu end", measure.Relay, bound{}),
		both("echo_kernel_rtt_p50", "us", "echo-kernel p50", measure.Relay, bound{most: mostEcho}),
		both("echo_kernel_rtt_p99", "us", "echo-kernel p99", measure.Relay, bound{}),
		both("bulk_mb_s", "MB/s", "bulk", measure.Relay, bound{least: leastBulk}),
		both("bulk_mb_s_bare", "MB/s", "bulk", measure.Bare, bound{}),
		both("bulk_gateway_cpu_s_gb", "s/GB", "bulk cpu middle", measure.Relay, bound{}),
		both("bulk_node_cpu_s_gb", "s/GB", "bulk cpu end", measure.Relay, bound{}),
		both("echo_tsnet_p50", "us", "echo p50", measure.Relay, bound{most: mostEcho}),
		both("echo_tsnet_p99", "us", "echo p99", measure.Relay, bound{most: mostEchoP99}),
		both("bulk_tsnet", "MB/s", "bulk", measure.Relay, bound{least: leastBulk}),
		beside("bulk_loopback", "MB/s", r.of("bulk", "loopback"), r.of("bulk", measure.Bare), limitNames[measure.Bare], bound{least: leastLoopback}),
		under("bulk_holder_cpu_s_gb", "s/GB", r.of("bulk cpu holder", "loopback"), mostHolderCPU),
		under("bulk_tsnet_holder_cpu_s_gb", "s/GB", r.of("bulk cpu holder", measure.Homie), mostHolderCPU),
		under("stall_growth_mb", "MB", r.of("stall", "loopback"), mostStallMB),
		beside("stall_other_mb_s", "MB/s", r.of("stall other", "loopback"), r.of("stall other", "before"), "the same viewer before", bound{least: leastOther}),
		both("stall_tsnet_gateway_mb", "MB", "stall middle", measure.Relay, bound{}),
		both("stall_tsnet_node_mb", "MB", "stall end", measure.Relay, bound{}),
		over("parser_mb_cpu_s", "MB/s", r.of("parser", "loopback"), leastParser),
		under("snapshot_p99_kb", "KiB", r.of("snapshot size", "loopback"), mostSnapKB),
		under("snapshot_p99_ms", "ms", r.of("snapshot time", "loopback"), mostSnapMs),
		beside("snapshot_exact", "cuts", r.of("exact", "loopback"), r.of("exact", "made"), "all that were made", bound{least: 1}),
		under("attach_ms", "ms", r.of("attach", "loopback"), mostAttachMs),
		under("attach_kb", "KB", r.of("attach size", "loopback"), mostAttachKB),
		under("session_kb", "KB", r.of("session", "crowd"), mostSessionKB),
		under("session_2mb_kb", "KB", r.of("session full", "crowd"), mostFullKB),
		under("session_threads", "", r.of("session threads", "crowd"), mostThreads),
		beside("session_echo_p50", "us", r.of("crowd echo p50", "crowd"), r.of("crowd echo p50", "before"), "the same machine before", bound{most: mostCrowd}),
		beside("session_echo_p99", "us", r.of("crowd echo p99", "crowd"), r.of("crowd echo p99", "before"), "the same machine before", bound{most: mostCrowd}),
		under("ctrlc_flood_ms", "ms", r.of("stop 0", measure.Homie), mostStopMs),
		under("ctrlc_flood_60ms_ms", "ms", r.of("stop 60", measure.Homie), mostStopFar),
		under("ctrlc_queue_windows", "", r.of("stop windows 0", measure.Homie), mostQueue),
		under("ctrlc_queue_60ms_windows", "", r.of("stop windows 60", measure.Homie), mostQueue),
		under("gateway_ready_ms", "ms", r.of("first start", measure.Homie), mostReadyMs),
		under("gateway_restart_ms", "ms", r.of("restart", measure.Homie), mostReadyMs),
		under("gateway_rss_mb", "MB", r.of("idle", "gateway"), mostGateway),
		under("node_rss_mb", "MB", r.of("idle", "node"), mostNode),
		beside("gateway_rss_peak_mb", "MB", r.of("peak", "gateway"), r.of("peak", "relay"), limitNames[measure.Relay], bound{}),
		beside("node_rss_peak_mb", "MB", r.of("peak", "node"), r.of("peak", "ptyend"), limitNames[measure.Relay], bound{}),
		under("binary_mb", "MB", []float64{float64(binary.Size()) / 1e6}, mostBinary),
	}, rivalResults(r)...)), nil
}

// limitNames are the limits in words.
var limitNames = map[string]string{measure.Relay: "relay of the same shape", measure.Bare: "bare PTY"}

// averages returns the load averages of 1, 5 and 15 minutes, none where the
// system does not say.
func averages() []float64 {
	l, err := load.Avg()
	if err != nil {
		return []float64{}
	}
	return []float64{l.Load1, l.Load5, l.Load15}
}
