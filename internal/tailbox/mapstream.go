package tailbox

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"net/http"
	"net/netip"
	"slices"
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
	device *device
	node   key.NodePublic
	wake   chan struct{} // capacity 1

	// Guarded by Tailnet.mu.
	full bool             // more than the filter has changed
	sent []tailcfg.NodeID // the peers it was told of last
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
		t.unsettleLocked(d)
	}
	if d != nil && !req.Stream && !req.ReadOnly && r.Context().Err() == nil {
		d.update(req)
		t.notifyLocked(everything)
	}
	t.mu.Unlock()
	if d == nil {
		http.Error(w, "no such device", http.StatusNotFound)
		return
	}
	out := mapWriter{w: w, compress: req.Compress == "zstd"}
	if !req.Stream {
		_ = out.send(&tailcfg.MapResponse{}) // the device asks again if this fails
		return
	}
	s := t.openStream(d, req.NodeKey)
	defer t.closeStream(s)
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
	s := &stream{device: d, node: node, wake: make(chan struct{}, 1), full: true}
	t.mu.Lock()
	defer t.mu.Unlock()
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
func (t *Tailnet) pump(ctx context.Context, s *stream, out mapWriter) {
	idle := time.NewTicker(keepAlive)
	defer idle.Stop()
	for {
		var message *tailcfg.MapResponse
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
			message = t.nextMap(s)
		case <-idle.C:
			message = &tailcfg.MapResponse{KeepAlive: true}
		}
		if message == nil || out.send(message) != nil {
			return
		}
	}
}

// mapWriter frames messages as the client expects: a little-endian length and
// JSON, compressed if it asked for that.
type mapWriter struct {
	w        http.ResponseWriter
	compress bool
}

func (m mapWriter) send(message *tailcfg.MapResponse) error {
	body, err := json.Marshal(message)
	if err != nil {
		return err
	}
	if m.compress {
		body = zstdframe.AppendEncode(nil, body, zstdframe.FastestCompression)
	}
	frame := binary.LittleEndian.AppendUint32(nil, uint32(len(body)))
	if _, err := m.w.Write(append(frame, body...)); err != nil {
		return err
	}
	return http.NewResponseController(m.w).Flush()
}
