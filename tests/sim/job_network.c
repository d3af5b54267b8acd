/* Networks are made anew from their files. PVE: PVE::API2::Network reload_network_config. */
#include "jobs.h"
#include "node.h"
#include "sdn.h"

#define RELOAD_SECONDS 1.5

void srvreload_step(struct world *world, struct task *task)
{
	if (task->step == 0) {
		task_later(world, task, RELOAD_SECONDS);
		return;
	}
	node_apply_interfaces(world, world_node(world, task->node));
	sdn_reloaded(world, world_node(world, task->node));
	task_end(world, task);
}

/*
 * Every node is told to reload, one after the other; what becomes of that nobody waits for, and
 * that a node is not there is no failure. PVE: PVE::API2::Network::SDN apply.
 */
void reloadall_step(struct world *world, struct task *task)
{
	struct node *node = &world->nodes[task->step];

	if (!node->online)
		task_log(task, "%s: error reloading network config: No route to host",
			 node->name);
	else
		task_log(task, "%s: reloading network config", node->name);
	if (node->online)
		task_start(world, node->name, "srvreload", "networking", task->user,
			   json_object());
	if (task->step + 1 < world->node_count)
		task_later(world, task, 0.2);
	else
		task_end(world, task);
}
