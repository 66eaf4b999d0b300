package pty

import _ "homie/node/system"
