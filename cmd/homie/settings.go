package main

import (
	"cmp"
	"flag"
	"io"
	"log/slog"
	"path/filepath"
	"strings"

	charm "github.com/charmbracelet/log"

	"homie/tsidentity/up"
)

// settings are what gateways, nodes and logged-in command lines share. Flags
// win over the environment.
type settings struct {
	role       string
	hostname   string
	stateDir   string
	tags       string
	controlURL string
	logLevel   string
	plainHTTP  bool
	uploadLogs bool
}

const settingsHelp = `
The auth key is read from HOMIE_AUTHKEY or TS_AUTHKEY, from a file that
HOMIE_AUTHKEY_FILE or TS_AUTHKEY_FILE names, or from the systemd credential
homie-authkey: an auth key or an OAuth client secret, which needs --tags. Without
one, the first start prints a login address and a QR code. Once the device has
joined, it needs neither.`

func settingsFlags(p process, f *flag.FlagSet, role, hostname string) *settings {
	s := &settings{role: role}
	f.StringVar(&s.hostname, "hostname", cmp.Or(p.Env("HOMIE_HOSTNAME"), hostname), "the device's `name` on the tailnet (HOMIE_HOSTNAME)")
	keeps := "the `directory` for state (HOMIE_STATE_DIR)"
	if dir := defaultStateDir(p, role); dir != "" && p.Env("HOMIE_STATE_DIR") == "" {
		keeps += "; default " + dir
	}
	f.StringVar(&s.stateDir, "state-dir", p.Env("HOMIE_STATE_DIR"), keeps)
	f.StringVar(&s.tags, "tags", p.Env("HOMIE_TAGS"), "`tags` to ask for, such as tag:homie (HOMIE_TAGS)")
	f.StringVar(&s.controlURL, "control-url", p.Env("HOMIE_CONTROL_URL"), "another control server's `address`, such as Headscale's (HOMIE_CONTROL_URL)")
	f.StringVar(&s.logLevel, "log", cmp.Or(p.Env("HOMIE_LOG"), "info"), "the least `level` to log: debug, info, warn or error (HOMIE_LOG)")
	f.BoolVar(&s.plainHTTP, "http", isOn(p.Env("HOMIE_HTTP")), "plain HTTP, for a tailnet without certificates (HOMIE_HTTP=1)")
	f.BoolVar(&s.uploadLogs, "tailscale-logs", isOn(p.Env("HOMIE_TAILSCALE_LOGS")), "let Tailscale's support see this device's logs (HOMIE_TAILSCALE_LOGS=1)")
	return s
}

// tailnetDir is where a state directory keeps the tailnet device.
func tailnetDir(dir string) string { return filepath.Join(dir, "tailnet") }

// device returns how to join the tailnet, with the state in dir. A device that has
// joined needs no key, and so not the file of one.
func (s *settings) device(p process, dir string, log *slog.Logger) (up.Config, error) {
	key, err := authKey.read(p.Env, log)
	if err != nil {
		if !up.Joined(tailnetDir(dir)) {
			return up.Config{}, err
		}
		log.Debug("no auth key, which is not needed any more", "err", err)
	}
	conf := up.Config{
		Hostname: s.hostname, Dir: tailnetDir(dir), ControlURL: s.controlURL,
		AuthKey: key, UploadLogs: s.uploadLogs, Log: log.With("svc", "tailnet"), Out: p.Out,
	}
	conf.Tags = words(s.tags)
	return conf, nil
}

// logger returns a logger for a person at a terminal, or for a journal.
func (s *settings) logger(w io.Writer) (*slog.Logger, error) {
	levels := map[string]charm.Level{"debug": charm.DebugLevel, "info": charm.InfoLevel, "warn": charm.WarnLevel, "error": charm.ErrorLevel}
	level, ok := levels[strings.ToLower(s.logLevel)]
	if !ok {
		return nil, usagef("--log is %q, want debug, info, warn or error", s.logLevel)
	}
	return slog.New(charm.NewWithOptions(w, charm.Options{
		Level: level, ReportTimestamp: true, TimeFormat: "2006-01-02T15:04:05.000Z07:00",
	})), nil
}

func isOn(v string) bool {
	return v == "1" || strings.EqualFold(v, "true") || strings.EqualFold(v, "yes")
}
