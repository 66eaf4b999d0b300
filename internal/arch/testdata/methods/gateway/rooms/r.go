package rooms

import "homie/rpc"

const late = "rooms.late"

func api() []any {
	return []any{
		rpc.Call("rooms.send", "rooms:write", nil),
		rpc.Call("rooms.Send", "rooms:write", nil),
		rpc.Call(late, "rooms:write", nil),
		rpc.Event[int]("rooms.changed", "rooms:read"),
		rpc.StreamCall("lounge.listen", "rooms:read", nil),
	}
}

func find() string { return "rooms.send" }
