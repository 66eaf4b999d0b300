package wire

import (
	_ "encoding/json"
	_ "github.com/go-json-experiment/json"
)
