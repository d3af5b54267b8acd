/* Zones, vnets and subnets: written first, in force after an apply. */
#include "tests/lib/story.h"
#include "tests/lib/test.h"

#define SDN "/cluster/sdn"
#define ZONE                                                                \
	{                                                                   \
		"POST " SDN "/zones zone=z1&type=vlan&bridge=vmbr0", "null" \
	}
#define VNET                                                        \
	{                                                           \
		"POST " SDN "/vnets vnet=v1&zone=z1&tag=10", "null" \
	}
#define APPLY                    \
	{                        \
		"PUT " SDN, "OK" \
	}
/* The apply does not wait for the nodes; a reload of one's own is later than its. */
#define RELOAD                                   \
	{                                        \
		"PUT /nodes/pve01/network", "OK" \
	}
#define CREATE "/nodes/pve01/qemu vmid=101&net0=virtio%2Cbridge%3Dv1"

static const struct story stories[] = {
	{ "a vnet is a bridge once it is applied",
	  { ZONE,
	    VNET,
	    { "POST " CREATE, "OK" },
	    { "POST /nodes/pve01/qemu/101/status/start", "bridge 'v1' does not exist" },
	    { "GET " SDN "/vnets?pending=1", "\"state\":\"new\"" },
	    { "GET " SDN "/vnets?running=1", "[]" },
	    APPLY,
	    { "save" },
	    RELOAD,
	    { "GET /nodes/pve03/sdn/zones", "\"zone\":\"z1\"" },
	    { "GET " SDN "/vnets?running=1", "\"vnet\":\"v1\"" },
	    { "GET " SDN "/vnets?pending=1", "!state" },
	    { "GET /nodes/pve01/tasks?typefilter=srvreload", "\"id\":\"networking\"" },
	    { "POST /nodes/pve01/qemu/101/status/start", "OK" } } },
	{ "what a zone cannot be without",
	  { { "POST " SDN "/zones zone=z1&type=vlan",
	      "500 create sdn zone object failed: missing value for required option "
	      "'bridge'" },
	    { "POST " SDN "/zones zone=z&type=simple", "400" },
	    ZONE,
	    { "POST " SDN "/zones zone=z1&type=simple",
	      "500 create sdn zone object failed: sdn zone object ID 'z1' already "
	      "defined" },
	    { "as vm7@pve!vm7 POST " SDN "/zones zone=z2&type=simple",
	      "403 Permission check failed (/sdn/zones, SDN.Allocate)" },
	    { "PUT " SDN "/zones/z1 mtu=1400&digest=00",
	      "detected modified configuration" },
	    { "PUT " SDN "/zones/z1 mtu=1400&nodes=pve01", "null" },
	    { "GET " SDN "/zones/z1", "\"mtu\":\"1400\"" } } },
	{ "tags of vnets",
	  { ZONE,
	    VNET,
	    { "POST " SDN "/vnets vnet=v2&zone=z1&tag=10",
	      "500 create sdn vnet object failed: 400 Parameter verification failed." },
	    { "POST " SDN "/vnets vnet=v2&zone=z1",
	      "500 create sdn vnet object failed: 400" },
	    { "POST " SDN "/vnets vnet=v2&zone=nope&tag=1",
	      "500 create sdn vnet object failed: zone nope don't exist" },
	    { "POST " SDN "/zones zone=s1&type=simple", "null" },
	    { "POST " SDN "/vnets vnet=v2&zone=s1&tag=10",
	      "500 create sdn vnet object failed: 400" },
	    { "POST " SDN "/vnets vnet=v2&zone=s1", "null" } } },
	{ "what is used cannot be deleted",
	  { ZONE,
	    VNET,
	    { "POST " SDN
	      "/vnets/v1/subnets type=subnet&subnet=10.0.0.0%2F24&gateway=10.0.0.1",
	      "null" },
	    { "GET " SDN "/vnets/v1/subnets", "\"subnet\":\"z1-10.0.0.0-24\"" },
	    { "DELETE " SDN "/zones/z1",
	      "500 delete sdn zone object failed: zone z1 is used by vnet v1" },
	    { "DELETE " SDN "/vnets/v1",
	      "500 delete sdn vnet object failed: Can't delete vnet if subnets exists" },
	    APPLY,
	    { "DELETE " SDN "/vnets/v1/subnets/z1-10.0.0.0-24", "null" },
	    { "DELETE " SDN "/vnets/v1", "null" },
	    { "GET " SDN "/vnets?pending=1", "\"state\":\"deleted\"" },
	    { "DELETE " SDN "/zones/z1", "null" },
	    APPLY,
	    { "GET " SDN "/vnets?running=1", "[]" } } },
	{ "an apply goes on without a node that is off",
	  { ZONE,
	    { "change {\"nodes\": {\"pve02\": {\"online\": false}}}" },
	    APPLY,
	    { "change {\"nodes\": {\"pve02\": {\"online\": true}}}" },
	    RELOAD,
	    { "GET /nodes/pve02/sdn/zones", "\"status\":\"pending\"" },
	    { "GET /nodes/pve01/sdn/zones", "\"status\":\"available\"" },
	    { "PUT /nodes/pve02/network", "OK" },
	    { "GET /nodes/pve02/sdn/zones", "\"status\":\"available\"" } } },
	{ "somebody else has locked the configuration",
	  { ZONE,
	    { "POST " SDN "/lock",
	      "500 could not acquire SDN lock: configuration has pending changes" },
	    { "POST " SDN "/lock allow-pending=1", "-" },
	    { "POST " SDN "/vnets vnet=v1&zone=z1&tag=10",
	      "500 create sdn vnet object failed: invalid lock token provided!" },
	    { "POST " SDN "/vnets vnet=v1&zone=z1&tag=10&lock-token=x",
	      "invalid lock token provided!" },
	    { "DELETE " SDN "/lock?force=1", "null" },
	    VNET,
	    { "POST " SDN "/rollback", "null" },
	    { "GET " SDN "/zones", "[]" } },
	  .only = 9 },
	{ "PVE 8 has no such lock",
	  { { "POST " SDN "/lock", "501" },
	    { "POST " SDN "/zones zone=z1&type=simple&lock-token=x", "400" } },
	  .only = 8 },
};

int main(void)
{
	add_rows(story_plays, stories);
	return run_all_tests("sim sdn");
}
