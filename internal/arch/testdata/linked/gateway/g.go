package gateway

import _ "homie/internal/tailbox"
