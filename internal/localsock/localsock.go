// Package localsock opens local sockets that serve one OS account, and says who
// is at the other end of their connections.
//
//	                 others are kept out by       a server asks
//	Linux, macOS     a unix socket of mode 0600   the kernel for the peer's user
//	Windows          a named pipe with an access  for the peer's process, and that
//	                 list of one account          one's account
//
// A client on Windows asks, too, whose the pipe is: anybody may take a name that
// is free. A socket has the name of a file everywhere; on Windows there is none,
// and the pipe's name follows from it. The package knows no protocol.
package localsock

// Nobody is the number of an account that is not known.
const Nobody = -1

// MayUse reports whether a user may use the socket of an account: that account,
// and root. A negative uid is that of nobody known, on either side.
func MayUse(uid, own int) bool { return uid >= 0 && (uid == own || uid == 0) }
