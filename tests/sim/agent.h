/*
 * What the agent in a VM answers. Each has a guest whose agent is up.
 * PVE: PVE::API2::Qemu::Agent; the results are those of QEMU's guest agent.
 */
#pragma once

#include "api.h"

/* api_interfaces.c */
void agent_interfaces(struct call *call, struct guest *guest);

/* agent_system.c: what the system is */
void agent_info(struct call *call, struct guest *guest);
void agent_ping(struct call *call, struct guest *guest);
void agent_host_name(struct call *call, struct guest *guest);
void agent_osinfo(struct call *call, struct guest *guest);
void agent_fsinfo(struct call *call, struct guest *guest);
void agent_time(struct call *call, struct guest *guest);
void agent_timezone(struct call *call, struct guest *guest);
void agent_users(struct call *call, struct guest *guest);
void agent_vcpus(struct call *call, struct guest *guest);
void agent_memory_blocks(struct call *call, struct guest *guest);
void agent_memory_block_info(struct call *call, struct guest *guest);
void agent_freeze(struct call *call, struct guest *guest);
void agent_freeze_status(struct call *call, struct guest *guest);
void agent_thaw(struct call *call, struct guest *guest);
void agent_trim(struct call *call, struct guest *guest);
void agent_power_off(struct call *call, struct guest *guest);
void agent_sleep(struct call *call, struct guest *guest);

/* agent_files.c: what is done in it */
void agent_exec(struct call *call, struct guest *guest);
void agent_exec_status(struct call *call, struct guest *guest);
void agent_file_read(struct call *call, struct guest *guest);
void agent_file_write(struct call *call, struct guest *guest);
void agent_password(struct call *call, struct guest *guest);

/* {"result": ...}, as most of them answer; takes `result`. */
void agent_reply(struct call *call, json_t *result);
