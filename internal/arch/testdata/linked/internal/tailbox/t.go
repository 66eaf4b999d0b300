package tailbox

import _ "testing"
