/* The committed state, for who asks neither Proxmox nor a working tree. */
#pragma once

#include "controller/app.h"

/*
 * Open the repository that the options name and read its branch; of a checkout its HEAD,
 * without the remote. `source` lives in app->arena. False: `source->diags` has the
 * mistakes, if there are any; `*opened` whether there was a repository at all.
 */
bool committed_read(struct app *app, struct source *source, bool *opened,
		    struct error *err);
