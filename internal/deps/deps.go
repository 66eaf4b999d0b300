package deps

import (
	_ "github.com/charmbracelet/log"
	_ "github.com/creack/pty"
	_ "github.com/go-json-experiment/json"
	_ "github.com/google/go-cmp/cmp"
	_ "github.com/gorilla/websocket"
	_ "github.com/invopop/jsonschema"
	_ "github.com/rogpeppe/go-internal/testscript"
	_ "github.com/shirou/gopsutil/v4/load"
	_ "github.com/shirou/gopsutil/v4/mem"
	_ "github.com/shirou/gopsutil/v4/disk"
	_ "github.com/shirou/gopsutil/v4/host"
	_ "github.com/tailscale/hujson"
	_ "go.etcd.io/bbolt"
	_ "golang.org/x/sync/errgroup"
	_ "golang.org/x/time/rate"
	_ "pgregory.net/rapid"
	_ "tailscale.com/client/local"
	_ "tailscale.com/tsnet"
	_ "tailscale.com/tstest/integration/testcontrol"
	_ "tailscale.com/util/qrcodes"
)
