package frontdoor

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
)

// policyWith is the Content-Security-Policy of what the gateway serves. Scripts
// are relaxed for WebAssembly alone, which is code of the app's own files too.
func policyWith(styles string) string {
	return strings.Join([]string{
		"default-src 'none'",
		"script-src 'self' 'wasm-unsafe-eval'",
		"style-src " + styles,
		"img-src 'self' data: blob:",
		"font-src 'self'",
		"connect-src 'self'", // WebSockets to the same host included
		"manifest-src 'self'",
		"worker-src 'self'",
		"base-uri 'none'",
		"form-action 'none'",
		"frame-ancestors 'none'",
	}, "; ")
}

// pageStyle is that of a refusal's page, the one style that is not in a file.
const pageStyle = `:root{color-scheme:light dark}body{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:15vh auto;padding:0 1.5rem}`

var (
	// policy is that of everything but the app's document.
	policy = policyWith("'self' " + hashOf(pageStyle))
	// documentPolicy is that of the app's document: xterm.js sizes and colors its
	// cells with style elements and attributes that it writes. A style can't
	// call home, as no source of anything is foreign.
	documentPolicy = policyWith("'self' 'unsafe-inline'")
)

// hashOf names a text that may stand in a page (CSP level 3, hash-source).
func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

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
