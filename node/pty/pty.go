// Package pty is the node's terminals: programs that run on a pseudo-terminal
// of this machine and outlive whoever looks at them.
//
//	program ── PTY ── reader ──> Ring ──> viewer ──> stream   (one each)
//	             ^                        viewer ──> stream
//	             └───────── typing ─────────┘
//
// A Manager owns the sessions. A Session has one reader, which moves what the
// program prints into the session's Ring: the latest bytes, numbered from the
// session's first one. A viewer is a cursor into the ring, never a queue, so
// that a slow one costs no memory; one that falls behind the ring is moved
// forward and its stream shows the gap. The PTY is drained whether anybody
// looks or not, with one exception: the viewer who typed last may hold it, so
// that a person who looks at what they started misses nothing (see hold).
//
// What a viewer types goes to the PTY from the viewer's own goroutine, in
// order. A program that does not read its input holds up those who type into
// it and nobody else: their streams stop granting credit.
//
// Invariants: a session ends only with its program; everything the program
// printed is in the ring before the session counts as ended; a session in which
// nothing happens holds one parked goroutine and no operating-system thread.
//
// The package does not decide who may do what; the gateway does, and the node
// trusts its own gateway. It runs programs as the node's own account only.
package pty
