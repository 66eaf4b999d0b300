package gateway

import (
	"cmp"
	"fmt"
	"time"

	"homie/gateway/notifications"
	"homie/gateway/pairing"
	"homie/rpc"
	"homie/tsidentity"
	wirejobs "homie/wire/jobs"
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

// brief is a run that whoever started it has most likely seen the end of.
const brief = 15 * time.Second

// ended tells whoever started a run that it is done, on whichever device they are,
// unless they ended it themselves or it worked in a moment.
func ended(to *notifications.Service, r wirejobs.Run, maySee func(tsidentity.Caller, wirejobs.Run) bool) {
	quick := r.StartedAt != nil && r.EndedAt != nil && r.EndedAt.Sub(*r.StartedAt) < brief
	if r.Starter == "" || r.Outcome == wirejobs.Cancelled || (r.Outcome == wirejobs.Succeeded && quick) {
		return
	}
	n := notifications.Notice{
		Topic: notifications.Jobs, Urgency: notifications.Normal, Tag: fmt.Sprintf("run %s/%s", r.Node, r.ID),
		Path: fmt.Sprintf("/jobs/%s/%s/%s", r.Node, r.Job, r.ID),
		For:  func(who tsidentity.Caller) bool { return rpc.BehalfOf(who).Key() == r.Starter && maySee(who, r) },
	}
	if n.Title = fmt.Sprintf("%s is done", r.Name); r.Outcome != wirejobs.Succeeded {
		n.Title = fmt.Sprintf("%s did not work", r.Name)
	}
	n.Body = fmt.Sprintf("On %s. %s", r.Node, cmp.Or(r.Why, r.LastLine))
	to.Tell(n)
}
