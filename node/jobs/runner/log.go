package runner

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// Bounds of logs, in bytes.
const (
	MinLog     = 64 << 10
	MaxLog     = 1 << 30
	DefaultLog = 16 << 20
	// largestPiece bounds the pieces that a log is made of.
	largestPiece = 1 << 20
	// pieces is how many the smallest log has.
	pieces = 8
)

// pieceOf is the size of the pieces of a log.
func pieceOf(most int64) uint64 {
	return uint64(min(max(most, MinLog)/pieces, largestPiece))
}

// logWriter keeps a program's output: its beginning and its end.
//
// The bytes that were kept are numbered from 0, and piece N has those from N
// times the size on. The first piece stays; of the others the oldest goes when
// there would be more than the log may have. So a byte never moves, and readers
// need no lock.
//
// What can't be written, because the disk is full, is dropped, counted, and told
// of in the log when there is room again: the program is not held up.
type logWriter struct {
	dir   string
	piece uint64
	most  uint64 // pieces

	at      uint64 // bytes kept so far
	file    *os.File
	dropped uint64 // since the last byte that was kept
	fault   error  // the first that was met
}

func newLog(dir string, most int64) *logWriter {
	size := pieceOf(most)
	return &logWriter{dir: dir, piece: size, most: uint64(max(most, MinLog)) / size}
}

// add keeps p as far as it can be kept.
func (l *logWriter) add(p []byte) {
	if l.dropped > 0 {
		note := fmt.Sprintf("\n[homie: %d bytes of output were not kept here: %v]\n", l.dropped, reason(l.fault))
		if _, err := l.put([]byte(note)); err != nil {
			l.dropped += uint64(len(p))
			return
		}
		l.dropped = 0
	}
	if n, err := l.put(p); err != nil {
		l.dropped += uint64(len(p) - n)
		if l.fault == nil {
			l.fault = err
		}
	}
}

// put appends p, over as many pieces as it takes.
func (l *logWriter) put(p []byte) (done int, err error) {
	for done < len(p) {
		if l.at%l.piece == 0 && (l.file == nil || l.at > 0) {
			if err := l.turn(); err != nil {
				return done, err
			}
		}
		n := min(uint64(len(p)-done), l.piece-l.at%l.piece)
		wrote, err := l.file.Write(p[done : done+int(n)])
		done += wrote
		l.at += uint64(wrote)
		if err != nil {
			return done, err
		}
	}
	return done, nil
}

// turn begins the piece that the next byte goes to.
func (l *logWriter) turn() error {
	n := l.at / l.piece
	f, err := os.OpenFile(pieceName(l.dir, n), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if l.file != nil {
		l.file.Close()
	}
	l.file = f
	if n >= l.most { // the first one stays
		_ = os.Remove(pieceName(l.dir, n-l.most+1)) // one that is left takes room only
	}
	return nil
}

func (l *logWriter) close() {
	if l.file != nil {
		l.file.Close()
	}
}

func pieceName(dir string, n uint64) string {
	return filepath.Join(dir, "log."+strconv.FormatUint(n, 10))
}

// reason is an error of the system without the path that it met.
func reason(err error) error {
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return errno
	}
	return err
}

// Log reads what a runner has kept, also while it writes. It is for one
// goroutine.
type Log struct {
	dir   string
	piece uint64

	file *os.File
	n    uint64 // of file
}

// OpenLog reads the log of a run that keeps so many bytes.
func OpenLog(dir string, most int64) *Log { return &Log{dir: dir, piece: pieceOf(most)} }

// Read reads from an offset on, or from the first byte after it that is kept,
// and says which that is. It reads nothing at the end of what there is.
func (l *Log) Read(offset uint64, buf []byte) (n int, at uint64, err error) {
	for {
		if err := l.open(offset / l.piece); errors.Is(err, fs.ErrNotExist) {
			next, ok := l.after(offset / l.piece)
			if !ok {
				return 0, offset, nil
			}
			offset = next * l.piece
			continue
		} else if err != nil {
			return 0, offset, fmt.Errorf("opening the log of a run: %w", err)
		}
		n, err := l.file.ReadAt(buf[:min(uint64(len(buf)), l.piece-offset%l.piece)], int64(offset%l.piece))
		if n > 0 || err == nil {
			return n, offset, nil
		}
		return 0, offset, nil // the end of what there is
	}
}

// open makes a piece the one that is read.
func (l *Log) open(n uint64) error {
	if l.file != nil && l.n == n {
		return nil
	}
	f, err := os.Open(pieceName(l.dir, n))
	if err != nil {
		return err
	}
	l.Close()
	l.file, l.n = f, n
	return nil
}

// after returns the first piece after n that is kept.
func (l *Log) after(n uint64) (next uint64, ok bool) {
	entries, err := os.ReadDir(l.dir)
	if err != nil {
		return 0, false
	}
	var later []uint64
	for _, e := range entries {
		text, is := strings.CutPrefix(e.Name(), "log.")
		if m, err := strconv.ParseUint(text, 10, 63); is && err == nil && m > n {
			later = append(later, m)
		}
	}
	if len(later) == 0 {
		return 0, false
	}
	return slices.Min(later), true
}

// Close closes the piece that is open.
func (l *Log) Close() {
	if l.file != nil {
		l.file.Close()
		l.file = nil
	}
}
