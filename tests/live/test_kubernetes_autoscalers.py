# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook scale and autoscalers: the real controller of Kubernetes, by what a stand-in measures.

KEDA at work is in test_kubernetes_keda.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.state import KubernetesFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for
from ansible_collections.day2.ops.tests.live.kubernetes_help import Place, place_on
from ansible_collections.day2.ops.tests.live.kubernetes_keda import KIND, keda_without_operator
from ansible_collections.day2.ops.tests.live.kubernetes_metrics import Metrics, metrics_of
from ansible_collections.day2.ops.tests.live.playbooks import Done, Operator

pytestmark = pytest.mark.long
CPU = {"min": 2, "max": 4, "cpu_percent": 70}


@pytest.fixture
def place(kubernetes: KubernetesFacts) -> Iterator[Place]:
    with place_on(kubernetes) as made:
        made.fill()
        yield made


@pytest.fixture
def metrics(place: Place, tmp_path: Path) -> Iterator[Metrics]:
    with metrics_of(place, tmp_path) as made:
        yield made


def scale(lab: Lab, folder: Path, place: Place, *arguments: str, **variables: Any) -> Done:
    given = {"day2_runtime": place.runtime, "part": "worker", "day2_checks__app": [], **variables}
    return Operator(lab, folder).run("scale", *arguments, **given)


def replicas(place: Place) -> int:
    return int(place.worker().spec.replicas)


def test_it_scales_by_itself_from_then_on(place: Place, metrics: Metrics, lab: Lab, tmp_path: Path) -> None:
    metrics.used = 70  # of the 100 that each pod asks for
    place.runtime["parts"][0]["autoscale"] = CPU
    done = scale(lab, tmp_path, place, autoscaler="apply")
    assert done.status == 0 and "worker was autoscaled from 2 to 4" in done.text, done.output
    again = scale(lab, tmp_path, place, **CPU)
    assert again.status == 0 and "worker is so already" in again.text and "changed=0" in again.text, again.output
    metrics.used = 400
    wait_for("as many as there may be", lambda: replicas(place) == 4, seconds=120)
    metrics.used = 5
    wait_for("as few as there may be", lambda: replicas(place) == 2, seconds=120)


def test_a_count_is_set_only_where_it_is_held(place: Place, metrics: Metrics, lab: Lab, tmp_path: Path) -> None:
    metrics.used = 70
    assert scale(lab, tmp_path, place, **CPU).status == 0
    before = place.scaler()
    done = scale(lab, tmp_path, place, count=3)
    said = "worker is scaled by the HorizontalPodAutoscaler shop-worker from 2 to 4, which would undo it"
    assert done.status != 0 and said in done.text and "changed=0" in done.text, done.output
    held = scale(lab, tmp_path, place, count=5, autoscaler="suspend")
    assert held.status == 0, held.output
    assert "scaled from 2 to 5, and HorizontalPodAutoscaler shop-worker held there" in held.text, held.output
    metrics.used = 5
    wait_for("a look of the autoscaler", lambda: looked(place) == 5, seconds=60)
    assert replicas(place) == 5
    again = scale(lab, tmp_path, place, count=5, autoscaler="suspend")
    assert again.status == 0 and "changed=0" in again.text, again.output
    gone = scale(lab, tmp_path, place, autoscaler="resume")
    assert gone.status == 0 and "HorizontalPodAutoscaler shop-worker scales it again" in gone.text, gone.output
    assert place.scaler() == before
    wait_for("as few as there may be", lambda: replicas(place) == 2, seconds=120)
    freed = scale(lab, tmp_path, place, autoscaler="remove")
    assert freed.status == 0 and "worker was freed of HorizontalPodAutoscaler shop-worker" in freed.text, freed.output
    assert not place.scaling.list_namespaced_horizontal_pod_autoscaler(place.name).items


def looked(place: Place) -> int | None:
    """Return how many the autoscaler wants, as it has seen its own last change."""
    status = place.scaling.read_namespaced_horizontal_pod_autoscaler("shop-worker", place.name).status
    return None if status.current_replicas != 5 else int(status.desired_replicas)


def test_what_does_not_do_is_undone(place: Place, metrics: Metrics, lab: Lab, tmp_path: Path) -> None:
    # nobody measures: it would scale nothing, and nobody would know
    done = scale(lab, tmp_path, place, scale_timeout=8, **CPU)
    assert done.status != 0, done.output
    told = done.of_task("Fail where it was not done")
    assert "worker was autoscaled from 2 to 4 and is as before again: the HorizontalPodAutoscaler" in told, done.output
    assert "is not at work after 8 s: the HPA was unable to compute the replica count" in told, done.output
    assert not place.scaling.list_namespaced_horizontal_pod_autoscaler(place.name).items
    # workers that do not join: what scaled before scales again as before
    metrics.used = 70
    assert scale(lab, tmp_path, place, **CPU).status == 0
    before = place.scaler()
    never = [{"name": "they join", "kind": "command", "argv": ["false"]}]
    place.runtime["parts"][0]["joined"] = never
    done = scale(lab, tmp_path, place, count=3, autoscaler="suspend", day2_gate_timeout=1)
    assert done.status != 0 and "and is as before again: " in done.text, done.output
    assert (place.scaler(), replicas(place)) == (before, 2)


def test_keda_must_be_there_and_at_work(place: Place, lab: Lab, tmp_path: Path) -> None:
    metadata = {"address": "redis:6379", "listName": "asynq:{default}:pending", "listLength": "100"}
    triggers = [{"type": "redis", "metadata": metadata}]
    place.runtime["parts"][0]["autoscale"] = {"min": 2, "max": 5, "triggers": triggers}
    done = scale(lab, tmp_path, place, autoscaler="apply")
    assert done.status != 0 and "the cluster has no scaledobjects.keda.sh" in done.text, done.output
    with keda_without_operator(place):
        done = scale(lab, tmp_path, place, autoscaler="apply", scale_timeout=2)
        assert done.status != 0, done.output
        said = "the ScaledObject shop-worker is not at work after 2 s: nobody heeds it"
        assert said in done.of_task("Fail where it was not done"), done.output
        assert not place.objects.list_namespaced_custom_object(*KIND, place.name, "scaledobjects")["items"]
