package up

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
)

const (
	authKeyPrefix      = "tskey-auth-"
	clientSecretPrefix = "tskey-client-"
)

// check returns what is wrong with the configuration, for the person who wrote
// it. It never repeats a key.
func (c Config) check() error {
	if !isLabel(c.Hostname) {
		return fmt.Errorf("the hostname %q is none: 1 to 63 lower-case letters, digits and dashes, like homie", c.Hostname)
	}
	if c.Dir == "" {
		return errors.New("a tailnet device needs a state directory; set HOMIE_STATE_DIR or --state-dir")
	}
	for _, t := range c.Tags {
		if name, ok := strings.CutPrefix(t, "tag:"); !ok || name == "" || strings.ContainsAny(name, " ,;") {
			return fmt.Errorf("%q is no tag; tags look like tag:homie, with commas between them", t)
		}
	}
	return checkKey(c.AuthKey, c.Tags)
}

// checkKey recognizes keys that cannot work, since what the tailnet says of
// them is "invalid key" at best.
func checkKey(key string, tags []string) error {
	switch {
	case key == "":
		return nil
	case strings.ContainsAny(key, " \t\r\n\"'"):
		return errors.New("the auth key has spaces or quotes in it; it was not copied as a whole, or too much was")
	case strings.HasPrefix(key, authKeyPrefix):
		return nil
	case isClientSecret(key) && len(tags) == 0:
		return errors.New("an OAuth client secret makes keys for tagged devices only; set HOMIE_TAGS as well, for example to tag:homie")
	case isClientSecret(key):
		return nil
	case strings.HasPrefix(key, "tskey-api-"):
		return errors.New("this is an API key; Homie needs an auth key (tskey-auth-…) or an OAuth client secret (tskey-client-…), both made in the admin console under Settings")
	case strings.HasPrefix(key, "tskey-"):
		kind, _, _ := strings.Cut(strings.TrimPrefix(key, "tskey-"), "-")
		if !isLabel(kind) || len(kind) > 12 {
			kind = "strange"
		}
		return fmt.Errorf("this is a %q key of Tailscale's; Homie needs an auth key (tskey-auth-…) or an OAuth client secret (tskey-client-…)", kind)
	}
	return nil // other control servers have keys of their own form
}

func isClientSecret(key string) bool { return strings.HasPrefix(key, clientSecretPrefix) }

// lasting returns the client secret with the wish for a device that stays:
// without it Tailscale forgets the device soon after it goes offline, and it
// comes back under another name.
func lasting(secret string) string {
	base, query, _ := strings.Cut(secret, "?")
	attrs, err := url.ParseQuery(query)
	if err != nil {
		return secret // tsnet says what is wrong with it
	}
	attrs.Set("ephemeral", "false")
	if !attrs.Has("preauthorized") {
		attrs.Set("preauthorized", "true") // whoever made the secret has approved it
	}
	return base + "?" + attrs.Encode()
}

// forgetKeys removes the keys that tsnet would take from the environment by
// itself: a device that has joined must not use one, and the shells that Homie
// starts must not see them.
func forgetKeys() {
	for _, name := range []string{"TS_AUTHKEY", "TS_AUTH_KEY", "TS_CLIENT_SECRET", "TS_CLIENT_ID", "TS_ID_TOKEN", "TS_AUDIENCE"} {
		_ = os.Unsetenv(name) // fails for impossible names only
	}
}

// isLabel reports whether s can be a host's name.
func isLabel(s string) bool {
	return s != "" && len(s) <= 63 && s[0] != '-' && s[len(s)-1] != '-' && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-'
	})
}

// mentionsLogin reports whether a line of tsnet's has a login address in it.
func mentionsLogin(line string) bool { return strings.Contains(line, "://") }
