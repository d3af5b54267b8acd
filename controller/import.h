/* What another tool wrote down, taken over: the kinds of `vm7 import`. */
#pragma once

#include "controller/app.h"

/* A file that is named on the command line; at most 4 MiB. */
bool import_file(struct app *app, const char *path, struct file **out, struct error *err);

/* `vm7 import leases`: addresses become leases, pushed. */
int import_leases(struct app *app);

/* `vm7 import config-env`: containers of Proxmox-GitOps become entries, printed. */
int import_config_env(struct app *app);
