package tailbox

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"tailscale.com/tailcfg"
	"tailscale.com/types/key"
	"tailscale.com/util/zstdframe"
)

// keepAlive is well below the two minutes after which a client gives up.
const keepAlive = 50 * time.Second

// scope is how much of the network map a change touches.
type scope int

// The scopes.
const (
	filters    scope = iota // the packet filter only, as a change of policy
	everything              // devices, people or settings
)

// stream is one open map stream of a device. What it is told is always the
// state at the time of sending, so changes may be missed and none is lost.
type stream struct {
	id     uint64
	device *device
	node   key.NodePublic
	wake   chan struct{} // capacity 1

	// Guarded by Tailnet.mu.
	full  bool             // more than the filter has changed
	peers map[*device]told // the peers in the last map
	seq   uint64           // of the last map
	acked uint64           // the last map that the device has taken in
}

// told is what a device was told of a peer.
type told struct {
	node  *tailcfg.Node
	epoch uint64 // which start of the peer
	seq   uint64 // the first map that said so
}

// confirmed reports whether the device knows that peer has started.
func (s *stream) confirmed(peer *device) bool {
	last, ok := s.peers[peer]
	return ok && last.epoch == peer.epoch && last.seq <= s.acked
}

// notifyLocked wakes every stream.
func (t *Tailnet) notifyLocked(what scope) {
	for s := range t.streams {
		s.full = s.full || what == everything
		select {
		case s.wake <- struct{}{}:
		default:
		}
	}
}

// serveMap answers a device's map request: a short one carries news of the
// device, a stream is sent the network map for as long as it stays open.
func (t *Tailnet) serveMap(w http.ResponseWriter, r *http.Request, machine key.MachinePublic, req *tailcfg.MapRequest) {
	t.mu.Lock()
	d := t.ofLocked(machine, req.NodeKey)
	if d != nil && d.disco != req.DiscoKey {
		d.disco = req.DiscoKey // another one with each start
		t.restartLocked(d)
	}
	if d != nil && !req.Stream && r.Context().Err() == nil {
		d.update(req)
		t.notifyLocked(everything)
	}
	t.mu.Unlock()
	if d == nil {
		http.Error(w, "no such device", http.StatusNotFound)
		return
	}
	out := &mapWriter{w: w, compress: req.Compress == "zstd"}
	if !req.Stream {
		_ = out.send(&tailcfg.MapResponse{}) // the device asks again if this fails
		return
	}
	s := t.openStream(d, req.NodeKey)
	defer t.closeStream(s)
	t.awaitConfirmed(r.Context(), d)
	t.pump(r.Context(), s, out)
}

// update takes over what the device says of itself. Its name and its tags are
// those of its listing whatever it says.
func (d *device) update(req *tailcfg.MapRequest) {
	d.endpoints = slices.DeleteFunc(slices.Clone(req.Endpoints), func(a netip.AddrPort) bool {
		return a.Addr().Zone() != "" || a.Addr().Is6() && a.Addr().IsLinkLocalUnicast()
	})
	d.version = req.Version
	if req.Hostinfo == nil {
		return
	}
	d.hostinfo = req.Hostinfo.View()
	if n := req.Hostinfo.NetInfo; n != nil && n.PreferredDERP != 0 {
		d.homeRelay = n.PreferredDERP
	}
}

func (t *Tailnet) openStream(d *device, node key.NodePublic) *stream {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lastID++
	s := &stream{id: t.lastID, device: d, node: node, wake: make(chan struct{}, 1), full: true}
	t.streams[s] = true
	d.streams++
	t.notifyLocked(everything) // peers see it come online
	return s
}

func (t *Tailnet) closeStream(s *stream) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.streams, s)
	s.device.streams--
	s.device.lastSeen = time.Now()
	t.notifyLocked(everything) // peers see it go offline
}

// pump sends the map at each change until the device is gone or no longer the
// one that opened the stream.
func (t *Tailnet) pump(ctx context.Context, s *stream, out *mapWriter) {
	idle := time.NewTicker(keepAlive)
	defer idle.Stop()
	for {
		messages := []*tailcfg.MapResponse{{KeepAlive: true}}
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
			messages = t.nextMap(s)
		case <-idle.C:
		}
		if len(messages) == 0 {
			return
		}
		for _, m := range messages {
			if out.send(m) != nil {
				return
			}
		}
	}
}

// confirm notes that a device has taken in a map, see askToConfirm.
func (t *Tailnet) confirm(machine key.MachinePublic, id, seq string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for s := range t.streams {
		n, err := strconv.ParseUint(seq, 10, 64)
		if err == nil && strconv.FormatUint(s.id, 10) == id && s.device.machine == machine && n > s.acked && n <= s.seq {
			s.acked = n
			t.notifyLocked(everything)
		}
	}
}

// mapWriter frames messages as the client expects: a little-endian length and
// JSON, compressed if it asked for that.
type mapWriter struct {
	w        http.ResponseWriter
	compress bool
	last     []byte // the last message before compression
}

// send writes a message, unless it only repeats the last one.
func (m *mapWriter) send(message *tailcfg.MapResponse) error {
	body, err := json.Marshal(message)
	if err != nil || bytes.Equal(body, m.last) && !message.KeepAlive {
		return err
	}
	m.last = body
	if m.compress {
		body = zstdframe.AppendEncode(nil, body, zstdframe.FastestCompression)
	}
	frame := binary.LittleEndian.AppendUint32(nil, uint32(len(body)))
	if _, err := m.w.Write(append(frame, body...)); err != nil {
		return err
	}
	return http.NewResponseController(m.w).Flush()
}
