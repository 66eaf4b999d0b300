package main

import _ "homie/internal/tailbox"
