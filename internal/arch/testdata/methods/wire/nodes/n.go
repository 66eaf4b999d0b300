package nodes

import "homie/wire"

var (
	Register = wire.Method[int, int]{Name: "node.register", Capability: "node:register"}
	Pinged   = wire.Topic[int]{Name: "rooms.pinged", Capability: "node:register"}
)
