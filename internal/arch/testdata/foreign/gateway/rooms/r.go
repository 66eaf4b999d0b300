package rooms

import (
	_ "github.com/charmbracelet/log"
	_ "go.etcd.io/bbolt"
	_ "homie/internal/tailbox"
	_ "tailscale.com/tstest/integration/testcontrol"
)
