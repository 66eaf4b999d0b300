// Package presence declares what a node tells the gateway about how it is.
package presence

import "homie/wire"

// Heartbeat is called by a node every few seconds.
var Heartbeat = wire.Method[HeartbeatParams, wire.Nothing]{Name: "presence.heartbeat", Capability: "presence:heartbeat"}

// HeartbeatParams is how a machine is at one moment.
type HeartbeatParams struct {
	UptimeMs    int64   `json:"uptimeMs"` // of the machine
	Load1       float64 `json:"load1"`    // one-minute load average
	CPUs        int     `json:"cpus"`
	MemoryUsed  uint64  `json:"memoryUsed"` // bytes
	MemoryTotal uint64  `json:"memoryTotal"`
	DiskUsed    uint64  `json:"diskUsed"` // bytes, of the volume with the home
	DiskTotal   uint64  `json:"diskTotal"`
	Sessions    int     `json:"sessions"` // terminals running
}
