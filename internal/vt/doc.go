// Package vt keeps what a terminal shows: screen, scrollback and modes of one
// session, computed from the bytes its program wrote, at a few nanoseconds a
// byte and a few kilobytes a session.
//
// The reference is xterm.js 6 with the Unicode 11 widths, which is what the web
// app draws with: after the same bytes a Terminal and an xterm.js of the same
// size hold the same cells, cursor, modes and unread half sequence, also where
// other terminals differ. The tests compare the two.
//
//	PTY ─ Write ─▶ parser ─▶ handlers ─▶ screen ─ scrolls off ─▶ history
//	                            │          │                       │
//	                            ▼          ▼                       ▼
//	                     Answers, Events  Snapshot, Text, Find, Encode
//
// A Terminal serves three purposes:
//
//   - Snapshot puts a freshly reset xterm.js into the same state: the bytes of
//     the program from there on continue it without a seam.
//   - It stands in for the viewer's terminal when nobody looks: it answers the
//     queries a program sends, when told that nobody else does.
//   - It knows facts about the session: title, folder, commands and where their
//     output is, text to search.
//
// A Terminal is not safe for concurrent use, holds no goroutine and shares
// nothing with another one, so that a panic in it is contained by a recover
// around its calls and costs that session alone. Everything it keeps is
// bounded, whatever it is fed; see the limits in limits.go.
//
// It does not draw, keep images, read a PTY or send anything by itself.
package vt
