/* `vm7 release --orphan VMID`. */
#pragma once

#include "controller/app.h"

int release_orphan(struct app *app);
