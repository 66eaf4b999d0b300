package store

import (
	_ "go.etcd.io/bbolt"
	_ "go.etcd.io/bbolt/errors"
	_ "testing"
)
