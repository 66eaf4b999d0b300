package store

import _ "homie/wire"
