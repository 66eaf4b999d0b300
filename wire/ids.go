package wire

// NodeName names a machine as people do: its tailnet name without the leading
// "homie-". It is taken from the tailnet, never from what a node says.
type NodeName string

// SessionID names a terminal on one node; unique for the life of that node's
// state, never reused.
type SessionID string

// PersonID is a tailnet user's UserProfile.ID in decimal. Logins can be renamed
// or reused, this cannot.
type PersonID string

// DeviceID is a tailnet device's StableID.
type DeviceID string

// ConfirmationID names an act that waits for a person's confirmation.
type ConfirmationID string

// StreamID names a stream on one connection: the id of the call that opened it.
type StreamID uint32
