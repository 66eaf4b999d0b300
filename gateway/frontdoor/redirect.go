package frontdoor

import (
	"net/http"
)

// Redirect serves port 80: it sends whoever comes by a short name, an address
// or plain HTTP to the canonical one, and does nothing else. While there is no
// certificate to go on with, trouble says what is the matter and is shown
// instead; it returns "" otherwise.
func Redirect(host, trouble func() string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		protect(w.Header(), true)
		w.Header().Set("Connection", "close")
		if r.URL.Path == healthPath {
			healthz(w)
			return
		}
		if words := trouble(); words != "" {
			page(w, http.StatusServiceUnavailable, "Homie can't be reached safely yet. "+words)
			return
		}
		w.Header().Set("Location", "https://"+host()+r.URL.RequestURI())
		w.WriteHeader(http.StatusPermanentRedirect)
	})
}
