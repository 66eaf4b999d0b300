package tailbox

import (
	"fmt"
	"os"

	"tailscale.com/envknob"
	"tailscale.com/net/netns"
)

// The environment variables by which Tailscale's packages take settings that
// have no API.
const (
	acmeDirectoryEnv   = "TS_DEBUG_ACME_DIRECTORY_URL"
	noUploadsEnv       = "TS_NO_LOGS_NO_SUPPORT"
	assumeNetworkUpEnv = "TS_ASSUME_NETWORK_UP_FOR_TEST"
)

// Environ is what a process with devices of this tailnet needs in its
// environment: no log uploads, work without any network, and the ACME
// stand-in.
func (t *Tailnet) Environ() []string {
	return []string{
		noUploadsEnv + "=1",
		assumeNetworkUpEnv + "=1",
		acmeDirectoryEnv + "=" + t.DirectoryURL(),
	}
}

// prepareProcess makes the settings of Environ in this process, for the
// devices it runs itself.
func (t *Tailnet) prepareProcess() error {
	envknob.SetNoLogsNoSupport()
	envknob.Setenv(assumeNetworkUpEnv, "1")
	// Not bound to an interface, a socket hears loopback.
	netns.SetEnabled(false)
	if !t.o.HTTPS {
		return nil
	}
	if other := os.Getenv(acmeDirectoryEnv); other != "" {
		return fmt.Errorf("%s is already %s: a process runs one tailnet with HTTPS at a time", acmeDirectoryEnv, other)
	}
	envknob.Setenv(acmeDirectoryEnv, t.DirectoryURL())
	return nil
}

// restoreProcess lets another tailnet of this process have HTTPS.
func (t *Tailnet) restoreProcess() {
	if t.acme != nil && os.Getenv(acmeDirectoryEnv) == t.DirectoryURL() {
		envknob.Setenv(acmeDirectoryEnv, "")
	}
}
