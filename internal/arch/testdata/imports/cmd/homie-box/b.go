package main

import (
	_ "homie/gateway"
	_ "homie/internal/tailbox"
)
