# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a load needs, what to change, how long it will do: and that what is not known never fits."""

from __future__ import annotations

import copy
import re
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.day2.ops.plugins.module_utils._capacity.measures import checks_for
from ansible_collections.day2.ops.plugins.module_utils._capacity.operation import SPEC, operate, usable
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError

GROUPS = {"worker": ["w1", "w2"], "app": ["w1"]}
CAPACITY: dict[str, Any] = {
    "measures": [
        {"name": "items per day", "check": {"kind": "prometheus", "query": "x"}, "path": "value"},
        {"name": "queue", "check": {"kind": "queue", "queue": "q", "queue_kind": "redis_list"}, "path": "ready"},
        {
            "name": "workers",
            "check": {"kind": "process", "pattern": "w"},
            "path": "count",
            "hosts": "worker",
            "combine": "sum",
        },
        {
            "name": "cpu",
            "check": {"kind": "load"},
            "path": "per_cpu_percent",
            "unit": "%",
            "hosts": "worker",
            "combine": "max",
        },
        {"name": "memory", "value": 8 * 1024**3, "unit": "bytes"},
    ],
    "resources": [
        {
            "name": "workers",
            "max": 16,
            "command": "docker compose up -d --scale worker={wanted}",
        },
        {"name": "memory", "tolerance_percent": 10},
    ],
    "table": {
        "by": "items per day",
        "rows": [
            {"name": "Small", "up_to": 1000, "needs": {"workers": {"min": 1, "max": 2}, "memory": "2G"}},
            {"name": "Medium", "up_to": 10000, "needs": {"workers": 4, "memory": "4G"}},
            {"name": "Large", "up_to": 100000, "needs": {"workers": 8, "memory": "8G"}},
            {"name": "Enterprise", "needs": {"workers": {"min": 16}, "memory": {"min": "16G"}}},
        ],
    },
    "triggers": {
        "resource": "workers",
        "up": [
            {"measure": "queue", "op": "gt", "value": 100, "runs": 3},
            {"measure": "cpu", "op": "gt", "value": 70},
        ],
        "down": [
            {"measure": "queue", "op": "eq", "value": 0},
            {"measure": "cpu", "op": "lt", "value": 30},
        ],
    },
    "objectives": [{"measure": "queue", "at_most": 500}],
}


def result(**seen: Any) -> dict[str, Any]:
    """Return a result of health_gate with a check of each name; a value of None stands for a check that saw nothing."""
    checks = [
        {
            "name": name,
            "status": "pass" if values else "unknown",
            "seen": values or {},
            "reason": "" if values else "no",
        }
        for name, values in seen.items()
    ]
    return {"status": "passed", "checks": checks}


def results(items: Any = 50000, queue: Any = 0, workers: Any = 4, cpu: Any = 50) -> dict[str, Any]:
    first = result(
        **{
            "items per day": None if items is None else {"value": items},
            "queue": None if queue is None else {"ready": queue},
            "workers": {"count": workers},
            "cpu": None if cpu is None else {"per_cpu_percent": cpu},
        }
    )
    return {"w1": first, "w2": result(workers={"count": workers}, cpu={"per_cpu_percent": 20})}


def judge(given: dict[str, Any] | None = None, history: dict[str, Any] | None = None, **seen: Any) -> dict[str, Any]:
    capacity = given if given is not None else CAPACITY
    params = {"capacity": capacity, "results": results(**seen), "groups": GROUPS, "history": history or {}}
    return operate(SPEC.validate(params, "arguments")).data


def runs(*queues: float, days: float = 1.0) -> dict[str, Any]:
    """Return a history of the first host, the last run a day ago."""
    begin = time.time() - len(queues) * days * 86400
    return {
        "w1": [
            {
                "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(begin + number * days * 86400)),
                "checks": {"queue": {"status": "pass", "seen": {"ready": queue}}},
            }
            for number, queue in enumerate(queues)
        ]
    }


def test_the_row_of_the_load_and_what_fits_it() -> None:
    found = judge(items=50000, workers=4)
    assert found["row"] == "Large"
    assert found["fits"] == {"workers": "fits", "memory": "fits"}
    assert found["advice"] == []
    assert found["status"] == "passed"


@pytest.mark.parametrize(
    ("items", "row"), [(0, "Small"), (1000, "Small"), (1001, "Medium"), (100000, "Large"), (10**9, "Enterprise")]
)
def test_the_limits_of_a_row_belong_to_it(items: float, row: str) -> None:
    assert judge(items=items)["row"] == row


def test_too_few_workers_are_advised_with_the_command() -> None:
    (advice,) = judge(items=50000, workers=1)["advice"]
    assert (advice["resource"], advice["direction"], advice["now"], advice["wanted"]) == ("workers", "up", 2, "8")
    assert advice["command"] == "docker compose up -d --scale worker=8"


def test_too_many_workers_are_advised_down() -> None:
    found = judge(items=500, workers=4)
    assert found["fits"]["workers"] == "over"
    assert [one["wanted"] for one in found["advice"]] == ["2", "2G"]
    assert found["status"] == "passed"


def test_a_range_without_an_end_is_never_too_much() -> None:
    assert judge(items=10**6, workers=50)["fits"]["workers"] == "fits"


def test_a_machine_sold_with_4_gib_shows_a_little_less() -> None:
    capacity = copy.deepcopy(CAPACITY)
    capacity["measures"][-1]["value"] = 3.8 * 1024**3
    assert judge(capacity, items=5000, workers=2)["fits"]["memory"] == "fits"
    capacity["resources"][1]["tolerance_percent"] = 0
    assert judge(capacity, items=5000, workers=2)["fits"]["memory"] == "under"


def test_an_unknown_load_fits_no_row() -> None:
    found = judge(items=None, queue=0, cpu=10)
    assert found["row"] is None
    assert found["fits"] == {"workers": "unknown", "memory": "unknown"}
    assert found["triggered"] == "down"
    assert found["advice"] == []
    assert found["status"] == "unknown"
    assert "not known: items per day" in found["summary"]


def test_a_host_without_a_result_makes_a_sum_unknown() -> None:
    given = results()
    given["w2"] = {"msg": "Failed to connect to the host"}
    params = {"capacity": CAPACITY, "results": given, "groups": GROUPS, "history": {}}
    found = operate(SPEC.validate(params, "arguments")).data
    assert found["measures"]["workers"]["value"] is None
    assert found["measures"]["workers"]["reason"] == "w2: Failed to connect to the host"
    assert found["fits"]["workers"] == "unknown"


def test_a_check_that_a_host_did_not_make_is_unknown() -> None:
    given = {**results(), "w2": {"msg": "passed: 1 of 1 checks pass", **result(cpu={"per_cpu_percent": 1})}}
    params = {"capacity": CAPACITY, "results": given, "groups": GROUPS, "history": {}}
    found = operate(SPEC.validate(params, "arguments")).data
    assert found["measures"]["workers"]["reason"] == "w2: the check was not made there"


@pytest.mark.parametrize("value", [None, True, "12", float("nan")])
def test_what_is_no_number_is_unknown(value: Any) -> None:
    assert judge(items=value)["measures"]["items per day"]["value"] is None


def test_load_above_the_last_row_is_too_much_for_the_table() -> None:
    capacity = copy.deepcopy(CAPACITY)
    capacity["table"]["rows"].pop()
    found = judge(capacity, items=200000)
    assert found["row"] is None
    assert found["status"] == "failed"
    assert "items per day is 200000, above the last row (Large)" in found["summary"]


def test_one_trigger_scales_up_by_a_step() -> None:
    found = judge(cpu=71)
    assert found["triggered"] == "up"
    assert [one["wanted"] for one in found["advice"]] == ["9"]


def test_a_trigger_wins_over_a_table_that_wants_less() -> None:
    found = judge(items=500, workers=4, cpu=90)
    assert found["fits"]["workers"] == "over"
    assert [(one["resource"], one["wanted"]) for one in found["advice"]] == [("workers", "9"), ("memory", "2G")]


def test_nothing_goes_above_the_maximum() -> None:
    assert judge(items=10**6, workers=8, cpu=90)["advice"][0]["resource"] == "memory"
    capacity = copy.deepcopy(CAPACITY)
    capacity["resources"][0]["max"] = 6
    (advice,) = judge(capacity, items=50000, workers=2)["advice"]
    assert advice["wanted"] == "6"
    assert "6 is the most allowed" in advice["reason"]


def test_all_triggers_scale_down_but_not_below_the_row() -> None:
    found = judge(items=50000, queue=0, workers=4, cpu=10)
    assert (found["triggered"], found["advice"]) == ("down", [])
    (advice,) = judge({**CAPACITY, "table": None}, queue=0, workers=4, cpu=10)["advice"]
    assert (advice["direction"], advice["wanted"]) == ("down", "7")


@pytest.mark.parametrize(("queue", "cpu"), [(None, 10), (0, None)])
def test_an_unknown_measure_never_scales_down(queue: Any, cpu: Any) -> None:
    found = judge(items=500, queue=queue, workers=4, cpu=cpu)
    assert found["triggered"] == "unknown"
    assert [one["resource"] for one in found["advice"]] == ["memory"]
    assert found["status"] == "unknown"


def test_a_queue_must_be_long_in_each_of_the_runs() -> None:
    assert judge(queue=200, history=runs(200, 300))["triggered"] == "up"
    assert judge(queue=200, history=runs(200, 30))["triggered"] == "none"
    assert judge(queue=200, history=runs(200))["triggered"] == "unknown"
    assert judge(queue=20, history=runs(200, 300))["triggered"] == "none"


def test_an_objective_is_held_against_the_measure_and_its_trend() -> None:
    (one,) = judge(queue=501)["objectives"]
    assert one["status"] == "fail"
    (one,) = judge(queue=400, history=runs(100, 200, 300))["objectives"]
    assert one["status"] == "warning"
    assert one["days_left"] == pytest.approx(1, rel=0.01)
    (one,) = judge(queue=100, history=runs(100, 100, 100))["objectives"]
    assert one["status"] == "pass"
    (one,) = judge(queue=None)["objectives"]
    assert one["status"] == "unknown"


def test_an_objective_at_least() -> None:
    capacity = {**CAPACITY, "objectives": [{"measure": "items per day", "at_least": 10000}]}
    assert judge(capacity, items=9999)["objectives"][0]["status"] == "fail"
    assert judge(capacity, items=10000)["objectives"][0]["status"] == "pass"


def test_the_sections_of_the_report_are_whole() -> None:
    found = judge(items=50000, workers=1)["sections"]
    assert [section["title"] for section in found] == [
        "What to change",
        "What was measured",
        "The capacity table",
        "Triggers",
        "Objectives",
    ]
    assert found[0]["items"][0]["command"] == "docker compose up -d --scale worker=8"
    for section in found:
        assert {len(row) for row in section.get("rows", [])} <= {len(section.get("columns", []))}


def test_a_host_makes_the_measures_of_its_groups() -> None:
    capacity = usable(CAPACITY)
    first = [check["name"] for check in checks_for(capacity, "w1", GROUPS, ["w1", "w2"])]
    second = checks_for(capacity, "w2", GROUPS, ["w1", "w2"])
    assert first == ["items per day", "queue", "workers", "cpu"]
    assert [check["name"] for check in second] == ["workers", "cpu"]
    assert {check["severity"] for check in second} == {"observe"}


@pytest.mark.parametrize("page", ["docs/capacity.md", "roles/capacity/README.md"])
def test_the_examples_of_the_documentation_are_right(page: str) -> None:
    text = (Path(__file__).parents[5] / page).read_text(encoding="utf-8")
    (example,) = [yaml.safe_load(found) for found in re.findall(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)]
    if isinstance(example, list):
        example = example[0]["tasks"][0]["vars"]
    (capacity,) = [value for value in example.values() if isinstance(value, dict)]
    assert usable(capacity)["measures"]


INVENTORIES = sorted((Path(__file__).parents[5] / "inventories").glob("*/group_vars/*.yml"))
DESCRIBED = [path for path in INVENTORIES if "day2_capacity:" in path.read_text(encoding="utf-8")]


@pytest.mark.parametrize("path", DESCRIBED, ids=lambda path: path.stem)
def test_the_inventories_describe_their_capacity_rightly(path: Path) -> None:
    capacity = yaml.safe_load(path.read_text(encoding="utf-8"))["day2_capacity"]
    names = {measure["name"] for measure in usable(capacity)["measures"]}
    assert len(names) == len(capacity["measures"])


WRONG: list[tuple[Any, str]] = [
    ({}, "no capacity is described: day2_capacity"),
    ({"measures": [{"name": "a"}]}, "one of the following is required: check, value"),
    ({"measures": [{"name": "a", "check": {"kind": "load"}}]}, "missing parameter(s) required by 'check': path"),
    ({"measures": [{"name": "a", "value": 1}, {"name": "a", "value": 2}]}, "two of the measures have the same name: a"),
    ({"measures": [{"name": "a", "value": 1}], "objectives": [{"measure": "b", "at_most": 1}]}, "no measure has that"),
    ({"measures": [{"name": "a", "value": 1}], "resources": [{"name": "b"}]}, "no measure has that name: b"),
    (
        {"measures": [{"name": "a", "value": 1}], "table": {"by": "a", "rows": [{"name": "S", "needs": {"x": 1}}]}},
        "capacity table row S: no resource has that name: x",
    ),
    (
        {
            "measures": [{"name": "a", "value": 1}],
            "resources": [{"name": "a"}],
            "table": {"by": "a", "rows": [{"name": "S", "up_to": 9, "needs": {"a": 1}}, {"name": "T", "up_to": 3}]},
        },
        "the rows are not in the order of up_to: S: 9.0, T: 3.0",
    ),
    (
        {
            "measures": [{"name": "a", "value": 1}],
            "resources": [{"name": "a"}],
            "table": {"by": "a", "rows": [{"name": "S", "needs": {"a": "much"}}]},
        },
        "capacity table row S, a: not an amount: much",
    ),
    (
        {"measures": [{"name": "a", "value": 1}], "resources": [{"name": "a", "command": "scale {wnated}"}]},
        "capacity resource a, command: unknown placeholder: wnated; expected now, wanted",
    ),
]


@pytest.mark.parametrize(("capacity", "words"), WRONG, ids=[words for _capacity, words in WRONG])
def test_a_wrong_description_is_one_line(capacity: Any, words: str) -> None:
    with pytest.raises(InputError) as raised:
        usable(capacity)
    assert words in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("command", "filled"),
    [
        ("scale {wanted}", "scale '4; reboot'"),
        ("scale {{ wanted }} from {now}", "scale '4; reboot' from 2"),
        ("echo ${HOME} {.json} {wanted}", "echo ${HOME} {.json} '4; reboot'"),
    ],
)
def test_what_is_filled_in_is_quoted(command: str, filled: str) -> None:
    from ansible_collections.day2.ops.plugins.module_utils._capacity.amounts import fill

    assert fill(command, "x", wanted="4; reboot", now="2") == filled
