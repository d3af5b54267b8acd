/*
 * Recordings keep no secrets: "<SECRET:auto@pve!full>", "<PASSWORD>", "<TICKET-SIGNATURE>",
 * "<CSRF>" and "<SSHKEY>" stand for them.
 */
#pragma once

#include "base/arena.h"
#include "tests/sim/world.h"

/* The text with what these are in this world; in `arena`. Others stay as they are. */
char *placeholders_fill(struct arena *arena, const struct world *world, const char *text);
