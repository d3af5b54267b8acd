#include "controller/app.h"

#include <stdio.h>

int cmd_schema(struct app *app)
{
	fputs(manifest_schema(app->arena), stdout);
	return 0;
}
