package rooms

import (
	_ "homie/internal/tailbox"
	_ "testing"

	_ "go.etcd.io/bbolt"
)
