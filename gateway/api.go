package gateway

import (
	"log/slog"

	"homie/rpc"
	"homie/tsidentity"
)

// API returns everything the gateway offers, for code generation and tests. The
// services behind it are not running.
func API() []rpc.Entry {
	return services(world{
		log:  slog.New(slog.DiscardHandler),
		self: func() tsidentity.Device { return tsidentity.Device{} },
		home: func() string { return "" },
	}).entries()
}
