package skips

import "testing"

func TestA(t *testing.T) { t.SkipNow() }

func TestB(t *testing.T) { t.Skip() }

func TestC(t *testing.T) { t.Skip("needs a second disk") }
