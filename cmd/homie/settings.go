package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	charm "github.com/charmbracelet/log"

	"homie/tsidentity/up"
)

// The roles of a homie process, each with a state directory of its own.
const (
	roleGateway = "gateway"
	roleNode    = "node"
	roleClient  = "client"
)

// settings are what gateways and nodes share. Flags win over the environment.
type settings struct {
	role       string
	hostname   string
	stateDir   string
	authKey    string
	tags       string
	controlURL string
	logLevel   string
	plainHTTP  bool
	uploadLogs bool
}

func settingsFlags(p process, f *flag.FlagSet, role, hostname string) *settings {
	s := &settings{role: role, authKey: firstEnv(p, "HOMIE_AUTHKEY", "TS_AUTHKEY", "TS_AUTH_KEY")}
	f.StringVar(&s.hostname, "hostname", or(p.Env("HOMIE_HOSTNAME"), hostname), "the device's `name` on the tailnet (HOMIE_HOSTNAME)")
	f.StringVar(&s.stateDir, "state-dir", p.Env("HOMIE_STATE_DIR"), "the `directory` for state (HOMIE_STATE_DIR)")
	f.StringVar(&s.tags, "tags", p.Env("HOMIE_TAGS"), "`tags` to ask for, such as tag:homie (HOMIE_TAGS)")
	f.StringVar(&s.controlURL, "control-url", p.Env("HOMIE_CONTROL_URL"), "another control server's `address`, such as Headscale's (HOMIE_CONTROL_URL)")
	f.StringVar(&s.logLevel, "log", or(p.Env("HOMIE_LOG"), "info"), "debug, info, warn or error (HOMIE_LOG)")
	f.BoolVar(&s.plainHTTP, "http", isOn(p.Env("HOMIE_HTTP")), "plain HTTP, for a tailnet without certificates (HOMIE_HTTP=1)")
	f.BoolVar(&s.uploadLogs, "tailscale-logs", isOn(p.Env("HOMIE_TAILSCALE_LOGS")), "let Tailscale's support see this device's logs (HOMIE_TAILSCALE_LOGS=1)")
	return s
}

const settingsHelp = `
The auth key is read from HOMIE_AUTHKEY or TS_AUTHKEY (an auth key or an OAuth
client secret; the latter needs --tags). Without one, the first start prints a
login address and a QR code. The key is not needed again.`

// device returns how to join the tailnet.
func (s *settings) device(p process, log *slog.Logger) (up.Config, error) {
	dir, err := s.dir(p)
	if err != nil {
		return up.Config{}, err
	}
	conf := up.Config{
		Hostname: s.hostname, Dir: filepath.Join(dir, "tailnet"), ControlURL: s.controlURL,
		AuthKey: s.authKey, UploadLogs: s.uploadLogs, Log: log.With("svc", "tailnet"), Out: p.Out,
	}
	for tag := range strings.SplitSeq(s.tags, ",") {
		if tag = strings.TrimSpace(tag); tag != "" {
			conf.Tags = append(conf.Tags, tag)
		}
	}
	return conf, nil
}

// dir returns the state directory, made if need be.
func (s *settings) dir(p process) (string, error) {
	dir := s.stateDir
	if dir == "" {
		dir = defaultStateDir(p, s.role)
	}
	if dir == "" {
		return "", errors.New("there is no home directory to keep state in; name one with --state-dir")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("making the state directory: %w", err)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return "", fmt.Errorf("closing the state directory to others: %w", err)
	}
	return dir, nil
}

// defaultStateDir follows systemd's StateDirectory=, then the account's own
// configuration directory; "" if there is none.
func defaultStateDir(p process, role string) string {
	if dir := p.Env("STATE_DIRECTORY"); dir != "" {
		return filepath.Join(dir, role)
	}
	base := p.Env("XDG_STATE_HOME")
	if base == "" {
		home := p.Env("HOME")
		if home == "" {
			var err error
			if base, err = os.UserConfigDir(); err != nil {
				return ""
			}
		} else {
			base = filepath.Join(home, ".local", "state")
		}
	}
	return filepath.Join(base, "homie", role)
}

// logger returns a logger for a person at a terminal, or for a journal.
func (s *settings) logger(w io.Writer) (*slog.Logger, error) {
	level, err := charm.ParseLevel(s.logLevel)
	if err != nil {
		return nil, fmt.Errorf("%w: --log %s: want debug, info, warn or error", errUsage, s.logLevel)
	}
	return slog.New(charm.NewWithOptions(w, charm.Options{
		Level: level, ReportTimestamp: true, TimeFormat: "2006-01-02T15:04:05.000Z07:00",
	})), nil
}

func firstEnv(p process, names ...string) string {
	for _, n := range names {
		if v := p.Env(n); v != "" {
			return v
		}
	}
	return ""
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func isOn(v string) bool {
	return v == "1" || strings.EqualFold(v, "true") || strings.EqualFold(v, "yes")
}
