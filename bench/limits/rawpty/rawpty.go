// Package rawpty runs a program on a PTY and does nothing else, as fast as it
// gets: no session, no scrollback, one reader.
package rawpty

// Chunk is a good size for Read: some 15 of the most that Linux gives at once.
const Chunk = 64 << 10
