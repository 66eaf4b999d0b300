package lobby

import "homie/rpc"

var entries = []any{
	rpc.Call("lobby.list", "lobby:read", nil),
	rpc.Event[int]("rooms.changed", "rooms:read"),
}

const hello = "rpc.hello"
