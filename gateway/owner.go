package gateway

import (
	"homie/store"
	"homie/tsidentity"
)

var owners = store.NewTable[string, tsidentity.Pinned]("gateway.owner")

// ownerPin keeps in the store who HOMIE_OWNER turned out to be.
type ownerPin struct{ db *store.Store }

const ownerKey = "owner"

// Load returns who was pinned last.
func (p ownerPin) Load() (out tsidentity.Pinned, err error) {
	err = p.db.View(func(tx *store.Tx) error {
		out, _, err = owners.Get(tx, ownerKey)
		return err
	})
	return out, err
}

// Store pins a person.
func (p ownerPin) Store(v tsidentity.Pinned) error {
	return p.db.Update(func(tx *store.Tx) error { return owners.Put(tx, ownerKey, v) })
}
