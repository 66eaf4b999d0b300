package up

import (
	_ "homie/rpc"
	_ "homie/tsidentity"
)
