package rpc

import (
	_ "homie/store"
	_ "homie/tsidentity"
	_ "homie/wire"
	_ "homie/wire/terminal"
)
