package rooms

import (
	_ "fmt"
	_ "homie/gateway/access"
	_ "homie/gateway/audit"
	_ "homie/gateway/rooms/markdown"
	_ "homie/internal/ring"
	_ "homie/node/pty"
	_ "homie/store"
	_ "homie/wire/terminal"
)
