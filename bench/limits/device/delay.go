package device

import (
	"io"
	"net"
	"time"
)

// delayed is a connection on which everything takes longer, as over a long line:
// half of the round trip each way, whatever its amount.
func delayed(far net.Conn, roundTrip time.Duration) net.Conn {
	near, end := net.Pipe()
	go line(far, end, roundTrip/2)
	go line(end, far, roundTrip/2)
	return near
}

// piece is what travels on a line.
type piece struct {
	data []byte
	due  time.Time
}

// linePieces is how many pieces are under way at most.
const linePieces = 4096

// line moves what src reads to dst, each piece a time after it came, until
// either has gone.
func line(dst io.WriteCloser, src io.Reader, delay time.Duration) {
	way := make(chan piece, linePieces)
	gone := make(chan struct{})
	go func() {
		defer close(way)
		for {
			p := make([]byte, 16<<10)
			n, err := src.Read(p)
			if n > 0 {
				select {
				case way <- piece{p[:n], time.Now().Add(delay)}:
				case <-gone:
					return
				}
			}
			if err != nil {
				return
			}
		}
	}()
	defer close(gone)
	defer dst.Close()
	for p := range way {
		<-time.NewTimer(time.Until(p.due)).C
		if _, err := dst.Write(p.data); err != nil {
			return
		}
	}
}
