package rpc

const (
	hello = "rpc.hello"
	ping  = "rpc.ping"
)
