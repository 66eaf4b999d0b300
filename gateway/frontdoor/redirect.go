package frontdoor

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Redirect serves port 80: it sends whoever comes by a short name, an address
// of this device, or plain HTTP to the canonical name, and does nothing else.
// A name that is not ours is refused here too. While there is no certificate to
// go on with, trouble says what is the matter and is shown instead; it returns
// "" otherwise. The names of also are ours as well, for example the MagicDNS
// name of a gateway whose own certificate is for another one.
func Redirect(host, trouble func() string, also ...func() string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		protect(w.Header(), true)
		w.Header().Set("Connection", "close")
		if isHealthCheck(r) {
			healthz(w)
			return
		}
		names := []string{host()}
		for _, name := range also {
			names = append(names, name())
		}
		switch words := trouble(); {
		case names[0] == "":
			answer(w, r, errNoTailnet)
		case !isOwnName(r, names...):
			answer(w, r, errOtherHost)
		case words != "":
			answer(w, r, errNoTailnet.saying("Homie can't be reached safely yet. "+words))
		default:
			redirect(w, r, "https://"+names[0])
		}
	})
}

// redirect sends a request on to the same place at the canonical address.
func redirect(w http.ResponseWriter, r *http.Request, address string) {
	w.Header().Set("Location", address+r.URL.RequestURI())
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusPermanentRedirect)
}

// isOwnName reports whether the Host of a request on port 80 means this device:
// one of its full names, the first label of one, or the address that was dialed,
// in whatever spelling. Only a path may follow: "x:@evil.example" as what is
// asked for would make the address we send on to that of somebody else.
func isOwnName(r *http.Request, names ...string) bool {
	if !strings.HasPrefix(r.URL.RequestURI(), "/") {
		return false
	}
	asked := strings.TrimSuffix(strings.ToLower(strings.TrimSuffix(r.Host, ":80")), ".")
	for _, name := range names {
		short, _, _ := strings.Cut(name, ".")
		if name != "" && (asked == name || asked == short) {
			return true
		}
	}
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return false
	}
	dialed, err := netip.ParseAddrPort(local.String())
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(strings.Trim(asked, "[]"))
	return err == nil && ip.Unmap() == dialed.Addr().Unmap()
}
