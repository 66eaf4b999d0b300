package frontdoor

import (
	"net/http"
	"strings"
)

// policy is the Content-Security-Policy of everything the gateway serves. Styles
// are relaxed for xterm.js, which sizes its cells with style elements that it
// writes; a style can't call home, as no source of anything is foreign. Scripts
// are relaxed for WebAssembly alone, which is code of the app's own files too.
var policy = strings.Join([]string{
	"default-src 'none'",
	"script-src 'self' 'wasm-unsafe-eval'",
	"style-src 'self' 'unsafe-inline'",
	"img-src 'self' data: blob:",
	"font-src 'self'",
	"connect-src 'self'", // WebSockets to the same host included
	"manifest-src 'self'",
	"worker-src 'self'",
	"base-uri 'none'",
	"form-action 'none'",
	"frame-ancestors 'none'",
}, "; ")

// permissions are the browser's powers that no page of Homie's has.
var permissions = strings.Join([]string{
	"accelerometer=()", "browsing-topics=()", "camera=()", "display-capture=()", "geolocation=()",
	"gyroscope=()", "hid=()", "idle-detection=()", "local-fonts=()", "magnetometer=()", "microphone=()", "midi=()",
	"payment=()", "serial=()", "usb=()", "xr-spatial-tracking=()",
}, ", ")

// protect sets the headers that bound what a browser does with an answer.
func protect(h http.Header, plain bool) {
	h.Set("Content-Security-Policy", policy)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Origin-Agent-Cluster", "?1")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY") // for browsers without frame-ancestors
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Permissions-Policy", permissions)
	if !plain {
		// Not includeSubDomains: names below ours are not ours to decide on.
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}
