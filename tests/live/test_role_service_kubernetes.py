# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role service on the real API and controllers of Kubernetes; nodes are stand-ins, pods run in name only."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.tests.lab.state import KubernetesFacts
from ansible_collections.day2.ops.tests.live.kubernetes_help import Place, place_on
from ansible_collections.day2.ops.tests.live.playbooks import Done
from ansible_collections.day2.ops.tests.live.runtime_help import serve


@pytest.fixture
def place(kubernetes: KubernetesFacts) -> Iterator[Place]:
    with place_on(kubernetes) as made:
        made.fill()
        yield made


def done_to(place: Place, folder: Path, do: str, *arguments: str, **more: Any) -> tuple[Done, dict[str, Any]]:
    given = {"service_runtime": place.runtime, "service_do": do, "service_timeout": 30, **more}
    return serve(folder, dict(os.environ), *arguments, **given)


def test_more_pods(place: Place, tmp_path: Path) -> None:
    done, result = done_to(place, tmp_path, "scaled", service_count=4)
    assert done.status == 0, done.output
    assert [result["parts"][0][when]["ready"] for when in ("before", "after")] == [2, 4]
    assert place.worker().status.ready_replicas == 4


@pytest.mark.long
def test_the_life_of_a_deployment(place: Place, tmp_path: Path) -> None:
    for do in ("restarted", "forced", "recreated"):
        before = place.pods()
        done, result = done_to(place, tmp_path, do)
        assert done.status == 0 and result["changed"], done.output
        assert result["parts"][0]["after"]["ready"] == 2
        assert not before & place.pods()
    done, result = done_to(place, tmp_path, "limited", service_limits={"cpus": 0.5, "memory": "64M"})
    assert done.status == 0, done.output
    limits = place.worker().spec.template.spec.containers[0].resources.limits
    assert limits == {"cpu": "500m", "memory": str(64 << 20)}
    assert not done_to(place, tmp_path, "limited", service_limits={"cpus": 0.5, "memory": "64M"})[1]["changed"]
    done, result = done_to(place, tmp_path, "updated", service_image="shop:2")
    assert (done.status, result["parts"][0]["after"]["image"]) == (0, "shop:2"), done.output
    done, result = done_to(place, tmp_path, "stopped")
    assert (done.status, result["parts"][0]["after"]["running"]) == (0, 0), done.output
    assert not done_to(place, tmp_path, "stopped")[1]["changed"]
    done, result = done_to(place, tmp_path, "started")
    assert (done.status, result["parts"][0]["after"]["ready"]) == (0, 2), done.output


@pytest.mark.long
def test_what_cannot_be_done_is_told(place: Place, tmp_path: Path) -> None:
    done, _result = done_to(place, tmp_path, "updated", service_image="shop:bad", service_timeout=5)
    assert done.status != 0 and "worker updated, after" in done.text, done.output
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "shop-worker"}
    spec = {"scaleTargetRef": target, "minReplicas": 2, "maxReplicas": 5}
    scaler = {"metadata": {"name": "shop"}, "spec": spec}
    place.scaling.create_namespaced_horizontal_pod_autoscaler(place.name, scaler)
    done, _result = done_to(place, tmp_path, "scaled", service_count=3)
    assert done.status != 0 and "worker is scaled by the HorizontalPodAutoscaler shop from 2 to 5" in done.text
    place.runtime["parts"] = [{"name": "worker", "unit": "deployment/none"}]
    done, _result = done_to(place, tmp_path, "restarted")
    assert done.status != 0 and f"worker: no deployment/none in the namespace {place.name}" in done.text, done.output


@pytest.fixture
def store(kubernetes: KubernetesFacts) -> Iterator[Place]:
    """Three pods of a StatefulSet, each with a claim; the last two are updated only."""
    with place_on(kubernetes) as made:
        for number in range(4):
            made.volume(number)
        claim = {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "",
            "resources": {"requests": {"storage": "1Mi"}},
        }
        strategy = {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}
        templates = [{"metadata": {"name": "data"}, "spec": claim}]
        made.fill_set(volumeClaimTemplates=templates, updateStrategy=strategy)
        yield made


@pytest.mark.long
def test_the_life_of_a_stateful_set(store: Place, tmp_path: Path) -> None:
    done, result = done_to(store, tmp_path, "scaled", service_count=4)
    assert (done.status, result["parts"][0]["after"]["ready"]) == (0, 4), done.output
    done, result = done_to(store, tmp_path, "scaled", service_count=3)
    assert done.status == 0 and result["msg"].endswith("; the volume claim data-shop-store-3 stays"), done.output
    assert len(store.core.list_namespaced_persistent_volume_claim(store.name).items) == 4
    before = store.born()
    done, result = done_to(store, tmp_path, "rolled")
    assert done.status == 0, done.output
    assert result["msg"].endswith("; 1 of 3 pods stay as they are, as the partition is 1")
    after = store.born()
    assert [before[pod] == after[pod] for pod in sorted(after)] == [True, False, False]
    done, _result = done_to(store, tmp_path, "updated", service_image="shop:bad", service_timeout=5)
    assert done.status != 0 and "store updated, after" in done.text, done.output
    # the controller waits for the pod that never gets ready, also when the image is the old one again
    done, _result = done_to(store, tmp_path, "updated", service_image="shop:2", service_timeout=60)
    assert done.status == 0, done.output
    assert sorted(store.images().values()) == ["shop:1", "shop:2", "shop:2"]
