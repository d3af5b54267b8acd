/* `vm7 adopt --recover`. */
#pragma once

#include "controller/app.h"

int adopt_recover(struct app *app);
