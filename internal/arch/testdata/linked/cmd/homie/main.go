package main

import _ "homie/gateway"

func main() {}
