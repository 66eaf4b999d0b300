package tailbox

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"time"

	"golang.org/x/sync/errgroup"
	"tailscale.com/derp/derpserver"
	"tailscale.com/net/stun"
	"tailscale.com/tailcfg"
	"tailscale.com/types/key"
	"tailscale.com/types/logger"
)

// regionID is that of the only region.
const regionID = 1

// relay is the DERP relay and the STUN server of the tailnet's one region.
type relay struct {
	log  *slog.Logger
	ln   net.Listener
	stun *net.UDPConn
	cert tls.Certificate
	derp *derpserver.Server
	busy gate
}

// openRelay takes the ports; run serves them.
func openRelay(log *slog.Logger) (*relay, error) {
	cert, err := selfSigned(net.IPv4(127, 0, 0, 1))
	if err != nil {
		return nil, fmt.Errorf("making the relay's certificate: %w", err)
	}
	ln, err := loopback("127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("taking a port for the relay: %w", err)
	}
	udp, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("taking a port for STUN: %w", err), ln.Close())
	}
	return &relay{log: log, ln: ln, stun: udp, cert: cert, derp: derpserver.New(key.NewNode(), logger.Discard)}, nil
}

// close gives the ports back if run never did.
func (r *relay) close() error { return errors.Join(r.ln.Close(), r.stun.Close()) }

// connected reports whether the device with this key can be reached through
// the relay.
func (r *relay) connected(node key.NodePublic) bool { return r.derp.IsClientConnectedForTest(node) }

// run relays until ctx ends.
func (r *relay) run(ctx context.Context) error {
	inner := derpserver.Handler(r.derp)
	web := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			if r.busy.enter() {
				defer r.busy.leave()
				inner.ServeHTTP(w, req)
			}
		}),
		ReadHeaderTimeout: handshakeTimeout,
		ErrorLog:          slog.NewLogLogger(r.log.Handler(), slog.LevelDebug),
		// No HTTP/2: a relay connection leaves HTTP behind.
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){},
		TLSConfig:    &tls.Config{Certificates: []tls.Certificate{r.cert}, MinVersion: tls.VersionTLS13},
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		if err := web.ServeTLS(r.ln, "", ""); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serving the relay: %w", err)
		}
		return nil
	})
	g.Go(func() error {
		r.answerSTUN()
		return nil
	})
	g.Go(func() error {
		<-ctx.Done()
		err := errors.Join(web.Close(), r.stun.Close(), r.derp.Close())
		r.busy.shut()
		return err
	})
	return g.Wait()
}

// answerSTUN tells senders their own address until the socket is closed.
func (r *relay) answerSTUN() {
	var buf [1500]byte
	for {
		n, from, err := r.stun.ReadFromUDPAddrPort(buf[:])
		if err != nil {
			return
		}
		id, err := stun.ParseBindingRequest(buf[:n])
		if err != nil {
			continue
		}
		answer := stun.Response(id, netip.AddrPortFrom(from.Addr().Unmap(), from.Port()))
		_, _ = r.stun.WriteToUDPAddrPort(answer, from) // the sender asks again
	}
}

// derpMap tells devices where the relay is. Its certificate is pinned.
func (r *relay) derpMap() *tailcfg.DERPMap {
	fingerprint := sha256.Sum256(r.cert.Certificate[0])
	return &tailcfg.DERPMap{
		OmitDefaultRegions: true,
		Regions: map[int]*tailcfg.DERPRegion{regionID: {
			RegionID:   regionID,
			RegionCode: "box",
			RegionName: "This machine",
			Nodes: []*tailcfg.DERPNode{{
				Name:       "box1",
				RegionID:   regionID,
				HostName:   "127.0.0.1",
				CertName:   "sha256-raw:" + hex.EncodeToString(fingerprint[:]),
				IPv4:       "127.0.0.1",
				IPv6:       "none",
				DERPPort:   r.ln.Addr().(*net.TCPAddr).Port,
				STUNPort:   r.stun.LocalAddr().(*net.UDPAddr).Port,
				STUNTestIP: "127.0.0.1",
			}},
		}},
	}
}

// selfSigned makes a certificate for an address.
func selfSigned(ip net.IP) (tls.Certificate, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().AddDate(1, 0, 0),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IPAddresses:  []net.IP{ip},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: private}, nil
}
