package terminal

import (
	_ "homie/wire"
	_ "homie/wire/nodes"
)
