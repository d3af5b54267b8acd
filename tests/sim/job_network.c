/* Networks are made anew from their files. PVE: PVE::API2::Network reload_network_config. */
#include "jobs.h"
#include "node.h"

#define RELOAD_SECONDS 1.5

void srvreload_step(struct world *world, struct task *task)
{
	if (task->step == 0) {
		task_later(world, task, RELOAD_SECONDS);
		return;
	}
	node_apply_interfaces(world, world_node(world, task->node));
	task_end(world, task);
}
