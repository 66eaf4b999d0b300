package node

import (
	_ "homie/gateway/rooms"
	_ "homie/node/pty"
)
