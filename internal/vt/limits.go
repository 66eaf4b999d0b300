package vt

// What a Terminal keeps is bounded by these, whatever it is fed.
const (
	// MaxCols and MaxRows bound the size; New and Resize cut to them. xterm.js
	// does not go below two columns and one row.
	MaxCols, MaxRows = 2000, 1000
	minCols, minRows = 2, 1

	// MaxScrollback bounds the lines of history that New accepts.
	MaxScrollback = 100_000
	// maxHistory bounds the bytes they take, far above what text needs: 10,000
	// lines of a log are a megabyte. Lines at the top go where it is exceeded.
	maxHistory = 32 << 20

	// maxString bounds what is kept of an operating system command, except of
	// one for the clipboard. What is longer is ignored.
	maxString = 16 << 10
	// MaxClipboard bounds the base64 text of one write to the clipboard.
	MaxClipboard = 1 << 20
	// maxTitle bounds title, icon name and folder, in bytes. xterm.js keeps
	// longer ones.
	maxTitle = 4 << 10

	// maxSequence bounds what is remembered of a half-read control sequence.
	// xterm.js looks at no more than 32 parameters of it.
	maxSequence = 512

	// maxCluster bounds the bytes of a character with its combining marks.
	maxCluster = 512
	// maxRepeat bounds the characters, with their marks, of one REP sequence.
	maxRepeat = 1 << 14

	maxLinks     = 4096      // hyperlinks remembered
	maxLinkBytes = 256 << 10 // their text, together
	maxLink      = 4 << 10   // of one

	maxMarks   = 4096    // prompt marks
	maxEvents  = 64      // not yet fetched
	maxAnswers = 4 << 10 // bytes, not yet fetched
	maxKitty   = 16      // pushed keyboard flags, a screen
)
