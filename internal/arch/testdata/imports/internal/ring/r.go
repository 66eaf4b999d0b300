package ring

import _ "homie/gateway"
