package gateway

import "homie/gateway/terminal"

// Shares are the capabilities that no method needs always, and what each is for.
func Shares() map[string]string {
	return map[string]string{terminal.CapShare: "make profiles and quick commands that everybody sees"}
}
