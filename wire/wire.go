// Package wire is what crosses a process border: the JSON-RPC 2.0 envelopes,
// the binary frames, the error codes, and the ids that browsers, the gateway
// and nodes exchange over one socket.
//
// It holds data and its encoding and no behaviour: the rpc package moves these
// values, services give them meaning. A method that a node serves or calls is
// declared in a folder below this one (wire/terminal, wire/nodes, ...), so that
// the gateway and the node, which never import each other, share one line.
//
// wire imports the standard library only.
package wire

// Protocol versions that this build speaks. A hello names a range; the highest
// version in both ranges is used.
const (
	ProtocolMin = 1
	ProtocolMax = 1
)

// Subprotocol is the WebSocket subprotocol a client must offer.
const Subprotocol = "homie.v1"

// Path is the one HTTP path of the protocol: POST carries a single call, a
// WebSocket upgrade carries a connection.
const Path = "/rpc"

// FilesPath is below what a browser downloads files of machines from:
// /files/MACHINE/TERMINAL?path=PATH, or without the terminal.
const FilesPath = "/files/"

// Limits of one connection, in force before anything is negotiated. The
// gateway repeats them in the answer to rpc.hello.
const (
	// MaxMessage bounds one text frame, in bytes.
	MaxMessage = 1 << 20
	// MaxFrame bounds the payload of one binary frame, in bytes.
	MaxFrame = 64 << 10
	// MaxNote bounds the payload of a Note frame, in bytes.
	MaxNote = 4 << 10
	// Window is the credit a stream starts with in each direction, in payload
	// bytes. A receiver raises it with Credit frames.
	Window = 256 << 10
	// MaxWindow bounds the credit that a receiver may have outstanding on one
	// stream, in payload bytes.
	MaxWindow = 2 << 20
	// MaxStreams bounds the streams that a client has open at once on one
	// connection.
	MaxStreams = 64
	// MaxLinkStreams bounds those that the gateway has open on the connection to
	// a machine, and that machine to what holds its terminals: they are
	// everybody's.
	MaxLinkStreams = 512
	// MaxCalls bounds the calls in flight at once on one connection, each way.
	MaxCalls = 64
)

// Method declares a call that two kinds of process share: its name, the
// capability its caller needs and, by its type parameters, what it takes and
// gives back.
type Method[P, R any] struct {
	Name       string
	Capability string
}

// Topic declares an event stream that two kinds of process share.
type Topic[T any] struct {
	Name       string
	Capability string
}
