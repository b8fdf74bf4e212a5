# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook scale and KEDA: its real operator and adapter, a real Redis whose list is too long, real autoscalers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
import yaml
from ansible_collections.day2.ops.plugins.module_utils._runtimes.kubernetes_autoscalers import RESTS
from ansible_collections.day2.ops.tests.lab.keda_server import ADAPTER, OPERATOR
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.ports import free_ports
from ansible_collections.day2.ops.tests.lab.state import KubernetesFacts, RedisFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for
from ansible_collections.day2.ops.tests.live.kubernetes_help import Place, place_on
from ansible_collections.day2.ops.tests.live.kubernetes_keda import KIND
from ansible_collections.day2.ops.tests.live.playbooks import Done, Operator

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("keda")]
LIST, SCALER = "asynq:{default}:pending", "keda-hpa-shop-worker"
SECONDS = 120  # KEDA looks by itself each 30 s; autoscalers ask it each second here


@pytest.fixture
def place(kubernetes: KubernetesFacts, redis_facts: RedisFacts) -> Iterator[Place]:
    """A Deployment of two, whose pods are told how to look into Redis."""
    with place_on(kubernetes) as made:
        made.fill()
        login = {"REDIS_USER": redis_facts["user"], "REDIS_PASSWORD": redis_facts["password"]}
        made.core.create_namespaced_secret(made.name, {"metadata": {"name": "redis"}, "stringData": login})
        env = [{"name": name, "valueFrom": {"secretKeyRef": {"name": "redis", "key": name}}} for name in login]
        change = {"spec": {"template": {"spec": {"containers": [{"name": "app", "env": env}]}}}}
        made.apps.patch_namespaced_deployment("shop-worker", made.name, change)
        wait_for("pods that are told", lambda: rolled_out(made), SECONDS)
        made.runtime["parts"][0]["autoscale"] = bounds(f"{redis_facts['host']}:{redis_facts['port']}")
        yield made


def rolled_out(place: Place) -> bool:
    found = place.worker()
    seen = found.status.observed_generation == found.metadata.generation
    return bool(seen and found.status.updated_replicas == found.status.ready_replicas == found.status.replicas == 2)


def bounds(address: str) -> dict[str, Any]:
    """Return what an inventory says of a part, with fewer pods, at this address and with the lab's user."""
    path = Path(__file__).parents[2] / "inventories/linkflow/group_vars/linkflow.yml"
    parts = yaml.safe_load(path.read_text(encoding="utf-8"))["linkflow_runtimes"]["kubernetes"]["parts"]
    said: dict[str, Any] = next(part["autoscale"] for part in parts if part["name"] == "worker")
    (trigger,) = said["triggers"]
    here = {"address": address, "usernameFromEnv": "REDIS_USER", "databaseIndex": "9"}
    assert (trigger["metadata"]["listName"], trigger["metadata"]["listLength"]) == (LIST, "100")
    return {**said, "max": 5, "triggers": [{**trigger, "metadata": {**trigger["metadata"], **here}}]}


def scale(lab: Lab, folder: Path, place: Place, *arguments: str, **variables: Any) -> Done:
    given = {"day2_runtime": place.runtime, "part": "worker", "day2_checks__app": [], **variables}
    return Operator(lab, folder).run("scale", *arguments, **given)


def replicas(place: Place) -> int:
    return int(place.worker().spec.replicas)


def reaches(place: Place, count: int) -> None:
    wait_for(f"{count} replicas", lambda: replicas(place) == count, SECONDS)


def scaled_object(place: Place) -> dict[str, Any]:
    where = (*KIND, place.name, "scaledobjects", "shop-worker")
    found: dict[str, Any] = place.objects.get_namespaced_custom_object(*where)
    return found


def scalers(place: Place) -> list[str]:
    """Return the names of all that scales anything."""
    found = place.objects.list_namespaced_custom_object(*KIND, place.name, "scaledobjects")["items"]
    made = place.scaling.list_namespaced_horizontal_pod_autoscaler(place.name).items
    return [one["metadata"]["name"] for one in found] + [one.metadata.name for one in made]


def fill(redis_server: redis.Redis, count: int) -> None:
    """Have so many wait in the list."""
    redis_server.delete(LIST)
    if count:
        redis_server.rpush(LIST, *range(count))


def test_it_scales_by_the_length_of_a_list(place: Place, redis_server: redis.Redis, lab: Lab, tmp_path: Path) -> None:
    would = scale(lab, tmp_path, place, "--check", autoscaler="apply")
    assert would.status == 0 and scalers(place) == [], would.output
    done = scale(lab, tmp_path, place, autoscaler="apply")
    assert done.status == 0 and "worker was autoscaled from 2 to 5" in done.text, done.output
    assert scalers(place) == ["shop-worker", SCALER]
    again = scale(lab, tmp_path, place, autoscaler="apply")
    assert again.status == 0 and "worker is so already" in again.text and "changed=0" in again.text, again.output
    fill(redis_server, 350)
    reaches(place, 4)  # 100 for each
    fill(redis_server, 5000)
    reaches(place, 5)
    fill(redis_server, 0)
    reaches(place, 2)


def test_it_is_held_let_go_and_removed(place: Place, redis_server: redis.Redis, lab: Lab, tmp_path: Path) -> None:
    assert scale(lab, tmp_path, place, autoscaler="apply").status == 0
    before = scaled_object(place)
    fill(redis_server, 5000)
    reaches(place, 5)
    refused = scale(lab, tmp_path, place, count=3)
    said = "worker is scaled by the ScaledObject shop-worker from 2 to 5, which would undo it"
    assert refused.status != 0 and said in refused.text and "changed=0" in refused.text, refused.output
    held = scale(lab, tmp_path, place, count=3, autoscaler="suspend")
    assert held.status == 0, held.output
    assert "worker was scaled from 5 to 3, and ScaledObject shop-worker held there" in held.text, held.output
    wait_for("KEDA's rest", lambda: scaled_object(place)["status"].get("pausedReplicaCount") == 3, SECONDS)
    assert (replicas(place), scalers(place)) == (3, ["shop-worker"])
    again = scale(lab, tmp_path, place, count=3, autoscaler="suspend")
    assert again.status == 0 and "changed=0" in again.text, again.output
    gone = scale(lab, tmp_path, place, autoscaler="resume")
    assert gone.status == 0 and "ScaledObject shop-worker scales it again" in gone.text, gone.output
    assert told(scaled_object(place)) == told(before)
    reaches(place, 5)
    none = scale(lab, tmp_path, place, count=0, autoscaler="suspend")
    assert none.status == 0 and replicas(place) == 0, none.output
    assert scale(lab, tmp_path, place, autoscaler="resume").status == 0
    reaches(place, 5)
    freed = scale(lab, tmp_path, place, autoscaler="remove")
    assert freed.status == 0 and "worker was freed of ScaledObject shop-worker" in freed.text, freed.output
    assert scalers(place) == []
    done = scale(lab, tmp_path, place, count=3)
    assert done.status == 0 and replicas(place) == 3, done.output


def test_one_that_people_have_paused(place: Place, redis_server: redis.Redis, lab: Lab, tmp_path: Path) -> None:
    assert scale(lab, tmp_path, place, autoscaler="apply").status == 0
    before = scaled_object(place)
    where = (*KIND, place.name, "scaledobjects", "shop-worker")
    place.objects.patch_namespaced_custom_object(*where, {"metadata": {"annotations": {RESTS: "true"}}})
    wait_for("KEDA's rest", lambda: scalers(place) == ["shop-worker"], SECONDS)
    fill(redis_server, 5000)
    done = scale(lab, tmp_path, place, count=3)
    assert done.status == 0 and replicas(place) == 3, done.output
    refused = scale(lab, tmp_path, place, autoscaler="apply")
    said = "it is left alone by the ScaledObject shop-worker, which is paused; two would undo each other"
    assert refused.status != 0 and said in refused.text and "changed=0" in refused.text, refused.output
    gone = scale(lab, tmp_path, place, autoscaler="resume")
    assert gone.status == 0 and "ScaledObject shop-worker scales it again" in gone.text, gone.output
    assert told(scaled_object(place)) == told(before)
    reaches(place, 5)


def test_what_does_not_join_is_scaled_by_keda_again(
    place: Place, redis_server: redis.Redis, lab: Lab, tmp_path: Path
) -> None:
    assert scale(lab, tmp_path, place, autoscaler="apply").status == 0
    before = scaled_object(place)
    place.runtime["parts"][0]["joined"] = [{"name": "they join", "kind": "command", "argv": ["false"]}]
    done = scale(lab, tmp_path, place, count=3, autoscaler="suspend", day2_gate_timeout=1)
    assert done.status != 0 and "and is as before again: " in done.text, done.output
    assert (told(scaled_object(place)), replicas(place)) == (told(before), 2)
    fill(redis_server, 5000)
    reaches(place, 5)


def test_no_count_is_set_while_keda_does_not_rest(place: Place, lab: Lab, tmp_path: Path) -> None:
    assert scale(lab, tmp_path, place, autoscaler="apply").status == 0
    before = scaled_object(place)
    lab.break_server(OPERATOR, "stop")
    done = scale(lab, tmp_path, place, count=3, autoscaler="suspend", scale_timeout=3)
    said = "ScaledObject shop-worker does not rest after 3 s: KEDA keeps the autoscaler that it has made"
    assert done.status != 0 and f"and is as before again: {said}" in done.text, done.output
    assert (told(scaled_object(place)), replicas(place)) == (told(before), 2)


def told(found: dict[str, Any]) -> tuple[Any, ...]:
    """Return what people say of a ScaledObject."""
    metadata = found["metadata"]
    return found["spec"], metadata.get("annotations"), metadata.get("labels"), metadata.get("finalizers")


def test_one_that_cannot_look_is_undone(place: Place, redis_server: redis.Redis, lab: Lab, tmp_path: Path) -> None:
    nowhere = bounds(f"127.0.0.1:{free_ports(1)[0]}")
    good = place.runtime["parts"][0]["autoscale"]
    place.runtime["parts"][0]["autoscale"] = nowhere
    done = scale(lab, tmp_path, place, autoscaler="apply", scale_timeout=6)
    assert done.status != 0, done.output
    said = done.of_task("Fail where it was not done")
    assert "and is as before again: the ScaledObject shop-worker is not at work after 6 s: failed to" in said
    assert "connection refused" in said, done.output
    assert scalers(place) == []
    place.runtime["parts"][0]["autoscale"] = good
    assert scale(lab, tmp_path, place, autoscaler="apply").status == 0
    before = scaled_object(place)
    place.runtime["parts"][0]["autoscale"] = {**nowhere, "max": 6}
    done = scale(lab, tmp_path, place, autoscaler="apply", scale_timeout=6)
    assert done.status != 0 and "and is as before again: " in done.text, done.output
    assert told(scaled_object(place)) == told(before)
    fill(redis_server, 5000)
    reaches(place, 5)


def test_one_that_nobody_can_ask_is_undone(place: Place, lab: Lab, tmp_path: Path) -> None:
    # its operator is content, but autoscalers get no numbers
    lab.break_server(ADAPTER, "stop")
    done = scale(lab, tmp_path, place, autoscaler="apply", scale_timeout=6)
    assert done.status != 0, done.output
    assert "is not at work after 6 s: the HPA was unable to compute" in done.of_task("Fail where it was not done")
    assert scalers(place) == []
