package main

import (
	_ "github.com/charmbracelet/log"
	_ "homie/internal/tailbox/acme"
)
