package policyfile

import (
	"slices"
	"strconv"
	"strings"
)

// port is where people reach the gateway.
const port = 443

// opensPort reports whether an entry of "ip" opens the gateway's port.
func opensPort(entry string) bool {
	proto, ports, ok := strings.Cut(entry, ":")
	if !ok {
		proto, ports = "", entry
	}
	return isTCP(proto) && hasPort(ports)
}

func isTCP(proto string) bool {
	return slices.Contains([]string{"", "*", "tcp", "6"}, strings.ToLower(proto))
}

// hasPort reports whether a list of ports has the gateway's in it.
func hasPort(list string) bool {
	return slices.ContainsFunc(strings.Split(list, ","), func(s string) bool {
		s = strings.TrimSpace(s)
		if s == "*" {
			return true
		}
		low, high, ranged := strings.Cut(s, "-")
		if !ranged {
			high = low
		}
		first, err1 := strconv.ParseUint(low, 10, 16)
		last, err2 := strconv.ParseUint(high, 10, 16)
		return err1 == nil && err2 == nil && first <= port && port <= last
	})
}

// splitPorts takes the ports off a destination of an acl.
func splitPorts(dst string) (selector, ports string) {
	i := strings.LastIndexByte(dst, ':')
	if i < 0 {
		return dst, "" // Tailscale wants ports there
	}
	return strings.Trim(dst[:i], "[]"), dst[i+1:]
}
