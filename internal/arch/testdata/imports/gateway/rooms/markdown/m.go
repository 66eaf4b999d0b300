package markdown

import (
	_ "homie/gateway/rooms"
	_ "homie/gateway/roomservice"
)
