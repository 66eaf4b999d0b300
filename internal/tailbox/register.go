package tailbox

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
	"time"

	"tailscale.com/tailcfg"
	"tailscale.com/types/key"
)

// register lets a device in, or says in words why not.
func (t *Tailnet) register(ctx context.Context, machine key.MachinePublic, req *tailcfg.RegisterRequest) tailcfg.RegisterResponse {
	completed := false
	if req.Followup != "" {
		if completed = t.awaitLogin(ctx, req.Followup, req.NodeKey); !completed {
			return tailcfg.RegisterResponse{Error: "this login address is not, or no longer, valid"}
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	res, err := t.registerLocked(machine, req, completed)
	if err != nil {
		t.log.Info("device refused", "hostname", hostnameOf(req), "reason", err.Error())
		return tailcfg.RegisterResponse{Error: err.Error()}
	}
	return res
}

func (t *Tailnet) registerLocked(machine key.MachinePublic, req *tailcfg.RegisterRequest, completed bool) (res tailcfg.RegisterResponse, err error) {
	if req.Hostinfo == nil || req.NodeKey.IsZero() {
		return res, errors.New("the request names no host or no node key")
	}
	d := t.devices[req.Hostinfo.Hostname]
	if d == nil {
		return res, fmt.Errorf("device %q is not on this tailnet's list", req.Hostinfo.Hostname)
	}
	if tag := slices.IndexFunc(req.Hostinfo.RequestTags, func(tag string) bool { return !slices.Contains(d.Tags, tag) }); tag >= 0 {
		return res, fmt.Errorf("requested tag %s is invalid or not permitted", req.Hostinfo.RequestTags[tag])
	}
	known := d.joined && d.machine == machine && d.node == req.NodeKey
	if known && !req.Expiry.IsZero() && req.Expiry.Before(time.Now()) {
		t.forgetLocked(d) // the device logs itself out
		return res, nil
	}
	if known && d.expired() {
		return tailcfg.RegisterResponse{NodeKeyExpired: true}, nil
	}
	if d.joined && d.machine != machine && d.streams > 0 {
		return res, fmt.Errorf("device %q is online on another machine", d.Hostname)
	}
	if !known && !completed {
		address, err := t.authorizeLocked(req)
		if err != nil || address != "" {
			return tailcfg.RegisterResponse{AuthURL: address}, err
		}
	}
	if !known {
		t.joinLocked(d, machine, req)
	}
	who := t.profileLocked(d)
	return tailcfg.RegisterResponse{
		User:              tailcfg.User{ID: who.ID, DisplayName: who.DisplayName},
		Login:             tailcfg.Login{ID: tailcfg.LoginID(who.ID), LoginName: who.LoginName, DisplayName: who.DisplayName},
		MachineAuthorized: d.approved,
	}, nil
}

// authorizeLocked judges a device that is to join: nil and no address if its
// auth key is right, or the address at which a person logs it in.
func (t *Tailnet) authorizeLocked(req *tailcfg.RegisterRequest) (address string, err error) {
	switch {
	case req.Auth != nil && req.Auth.AuthKey != "":
		if subtle.ConstantTimeCompare([]byte(req.Auth.AuthKey), []byte(t.authKey)) != 1 {
			return "", errors.New("invalid auth key: this tailnet makes another one in each run")
		}
		return "", nil
	case t.o.Logins:
		return t.newLoginLocked(req.NodeKey)
	}
	return "", errors.New("this tailnet wants the auth key of this run")
}

// joinLocked makes the device a member under its keys. Another node key on the
// same machine is a renewal: ids and addresses stay.
func (t *Tailnet) joinLocked(d *device, machine key.MachinePublic, req *tailcfg.RegisterRequest) {
	if d.machine != machine {
		d.approved = !t.approval
	}
	d.joined, d.machine, d.node = true, machine, req.NodeKey
	d.expiry = time.Time{}
	t.restartLocked(d)
	d.hostinfo, d.version = req.Hostinfo.View(), req.Version
	t.log.Info("device joined", "hostname", d.Hostname, "address", d.addresses()[0].Addr())
	t.notifyLocked(everything)
}

// forgetLocked removes what the device brought and keeps its listing.
func (t *Tailnet) forgetLocked(d *device) {
	*d = device{Device: d.Device, number: d.number, approved: !t.approval, streams: d.streams}
	t.notifyLocked(everything)
}

func hostnameOf(req *tailcfg.RegisterRequest) string {
	if req.Hostinfo == nil {
		return ""
	}
	return req.Hostinfo.Hostname
}
