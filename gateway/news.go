package gateway

import (
	"fmt"

	"homie/gateway/notifications"
	"homie/gateway/pairing"
	"homie/tsidentity"
)

// asks is what is told of a machine that wants to be let in.
func asks(r pairing.Request) notifications.Notice {
	return notifications.Notice{
		Topic: notifications.Pairing, Urgency: notifications.High, Path: "/pairing", Tag: "pairing " + string(r.Device),
		Title: fmt.Sprintf("%s asks to be let in", r.Name),
		Body:  "If you have just set this machine up, let it in. If you do not know it, say no.",
		For:   func(who tsidentity.Caller) bool { return who.Can("pairing:write") },
	}
}
