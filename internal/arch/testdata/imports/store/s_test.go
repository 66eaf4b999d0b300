package store_test

import (
	_ "homie/gateway"
	_ "homie/store"
	_ "homie/store/storetest"
)
