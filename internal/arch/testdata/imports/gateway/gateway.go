package gateway

import (
	_ "homie/gateway/rooms"
	_ "homie/node"
)
