package main

import (
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// A secret is a setting that no flag takes, since everybody on a machine sees the
// flags of its processes. It comes from the environment, from a file that the
// environment names, or from a systemd credential.
type secret struct {
	names      []string // of variables; NAME_FILE names a file instead
	credential string   // of systemd: a file in $CREDENTIALS_DIRECTORY
}

// authKey lets a device join the tailnet.
var authKey = secret{names: []string{"HOMIE_AUTHKEY", "TS_AUTHKEY", "TS_AUTH_KEY"}, credential: "homie-authkey"}

// maxSecret bounds the file of a secret, in bytes.
const maxSecret = 4 << 10

// read returns the secret, "" if there is none. No error repeats it.
func (s secret) read(env func(string) string, log *slog.Logger) (string, error) {
	for _, name := range s.names {
		if v := env(name); v != "" {
			return v, nil
		}
		path := env(name + "_FILE")
		if path == "" {
			continue
		}
		v, mode, err := secretFile(path)
		if err != nil {
			return "", fmt.Errorf("%s_FILE: %w", name, err)
		}
		if runtime.GOOS != "windows" && mode.Perm()&0o077 != 0 {
			log.Warn("others on this machine may read a secret; close its file to them with: chmod 600", "file", path, "mode", mode.Perm().String())
		}
		return v, nil
	}
	dir := env("CREDENTIALS_DIRECTORY")
	if dir == "" {
		return "", nil
	}
	path := filepath.Join(dir, s.credential)
	if _, err := os.Stat(path); err != nil {
		return "", nil //nolint:nilerr // the credentials that there are have other names
	}
	v, _, err := secretFile(path)
	if err != nil {
		return "", fmt.Errorf("the credential %s: %w", s.credential, err)
	}
	return v, nil
}

// secretFile reads a file with a secret and nothing else in it.
func secretFile(path string) (string, fs.FileMode, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", 0, err
	}
	if info.IsDir() {
		return "", 0, fmt.Errorf("%s is a directory, and should be a file with the secret in it", path)
	}
	b, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	switch v := strings.TrimSpace(string(b)); {
	case err != nil:
		return "", 0, err
	case len(b) > maxSecret:
		return "", 0, fmt.Errorf("%s has more than %d bytes, which no secret has", path, maxSecret)
	case v == "":
		return "", 0, fmt.Errorf("%s is empty", path)
	default:
		return v, info.Mode(), nil
	}
}
