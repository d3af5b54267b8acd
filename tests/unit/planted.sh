#!/bin/sh
# Plants one bug after the other into a copy of the tree and plays stories with each:
#     sh tests/unit/planted.sh [NAME ...]
#
# Each breaks one rule of the core; a story has to fail. What is told is whether it was
# caught, and by which words. A bug that does not apply any more counts as missed: the code
# it was planted in has changed, so it wants new words here. Run by hand, some minutes.
#
# A row: name | file | sed expression | which rule it breaks.
set -eu

bugs='
unpushed|reconcile/plan_leases.c|s/held->state != lease->state [|][|]/false \|\|/|nothing is asked that a pushed lease does not cover
identity|reconcile/identity.c|s/return line_fits(lease, instance, seen, err) .*/return true;/;s/^\t*       all_marks_fit(lease, seen, err);//|identity before action
twice|reconcile/premise.c|s/seen->has_config \&\& !seen->line_id;/seen->has_config;/|a reserved VMID is not left for another one
unlisted|reconcile/plan_leases.c|s/cluster_proves_free(cluster, lease->vmid) \&\&/true \&\&/|not in the list is not yet absent
offline|reconcile/plan_leases.c|s/!node_is_offline(cluster, lease->node);/true;/|a node that is offline has not lost its guests
quorum|reconcile/premise.c|s/if (!cluster->quorate)/if (false)/|nothing is done without a quorum
budget|reconcile/guard.c|s/if ((long)count > budget->most)/if (false)/|a budget is never exceeded
percent|reconcile/guard.c|s/return count >= 2 \&\& .*/(void)all, (void)percent; return count > 1000;/|nor a part of all guests
grace|reconcile/plan_removal.c|s/if (now < due)/if (now < 0 * due)/|nothing is destroyed before its grace
kept|reconcile/plan_removal.c|s/if (policy_of(p, action->lease) == REMOVAL_KEEP)/if (false)/|removal: keep is left running
protected|reconcile/plan_removal.c|s/else if (lease->protection)/else if (false)/|what is protected is not removed
guarded|reconcile/guest.c|s/return guest .. str_equal(observed_option(guest, "protection"), "1");/(void)guest; return false;/|nor what Proxmox protects
self|reconcile/plan_removal.c|s/if (lease->self)/if (false)/|the controller does not stop itself
hold|reconcile/plan.c|s/if (planner_hold(c))/if (false)/|what is on hold is left alone
report|reconcile/plan_guest.c|s/drift_mode_of(p->input->manifest, want) == DRIFT_REPAIR/true/|drift: report changes nothing
shrink|reconcile/slots.c|s/from_mib < (unsigned long)to_gib [*] 1024/from_mib != (unsigned long)to_gib * 1024/|disks only grow
volume|reconcile/slots.c|s/to = text ? changed_slot(view->arena, entry, .seen)/to = false ? NULL/|no disk is made a second time
lost|reconcile/plan_leases.c|s/(lease->state == LEASE_ADOPTING [|][|] is_absent(p, lease))/true/|no lease is lost while its guest is there
number|reconcile/plan_leases.c|s/if (lease \&\& is_served(p, c) \&\&/if (lease \&\&/|no two guests get one VMID
address|reconcile/declared.c|s/while (kept > want->networks_len \&\& seen \&\& !has_card(seen, kept - 1))/while (kept > want->networks_len)/|nor one address
stranger|reconcile/premise.c|s/add_addresses(out, .cap, arena, guest);/(void)cap;/|nor that of somebody else
record|reconcile/declared.c|s/^\treturn lease->protection == want/\treturn false \&\& lease->protection == want/|once all is done, the next plan is empty
restart|reconcile/keeping.c|s/seen->pending_len > 0 \&\&$/true \&\&/;s/waits_for_start(arena, making, seen);/true;/|a restart is not repeated for ever
same|reconcile/plan.c|s/^\ttext_init(&facts, p->arena);/\tstatic int runs; text_init(\&facts, p->arena); text_addf(\&facts, "%d", runs++);/|the same input gives the same plan
order|reconcile/exec.c|s/if (exec->at\[item->after\[i\]\].state != EXEC_WELL)/if (false)/|nobody is made before those it depends on
parallel|reconcile/exec.c|s/return exec->running < exec->parallel \&\&/return/|no more guests at once than the file says
onward|reconcile/exec.c|s/exec->stopping [|]= .*/(void)exec;/|nothing is made after a failure, with on_error: stop
'

root=$(cd "$(dirname "$0")/../.." && pwd)
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
(cd "$root" && git ls-files -z | xargs -0 tar -cf -) | tar -xf - -C "$copy"
meson setup "$copy/build" "$copy" -Dbuildtype=release >/dev/null
ninja -C "$copy/build" tests/unit/test_stories >/dev/null
stories=$copy/build/tests/unit/test_stories
"$stories" 1 3000 >/dev/null 2>&1 || {
    echo "stories fail without any bug planted" >&2
    exit 1
}

printf '%s' "$bugs" >"$copy/bugs"
missed=0
while IFS= read -r row; do
    [ -n "$row" ] || continue
    name=${row%%|*}
    rest=${row#*|}
    file=${rest%%|*}
    rest=${rest#*|}
    rule=${rest##*|}
    change=${rest%|*}
    case " $* " in
    "  " | *" $name "*) ;;
    *) continue ;;
    esac
    cp "$copy/$file" "$copy/healthy"
    sed -i "$change" "$copy/$file"
    if cmp -s "$copy/$file" "$copy/healthy"; then
        verdict="MISSED   $name ($rule): does not apply"
    elif ! ninja -C "$copy/build" tests/unit/test_stories >"$copy/said" 2>&1; then
        verdict="MISSED   $name ($rule): does not compile"
    elif timeout 600 "$stories" 1 40000 >"$copy/said" 2>&1; then
        verdict="MISSED   $name ($rule)"
    else
        verdict="caught   $name ($rule): $(grep -a -m 1 -E 'ERROR' "$copy/said" |
            cut -c 1-100)"
    fi
    echo "$verdict"
    case $verdict in MISSED*) missed=$((missed + 1)) ;; esac
    cp "$copy/healthy" "$copy/$file"
done <"$copy/bugs"
[ "$missed" = 0 ]
