# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate's algorithm, fed by hand: no thread, no clock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._checks.base import FAIL, PASS, UNKNOWN, Check, Outcome
from ansible_collections.day2.ops.plugins.module_utils._checks.gate import (
    FAILED,
    PASSED,
    UNDECIDED,
    Gate,
    Rules,
    Standing,
)
from ansible_collections.day2.ops.plugins.module_utils._checks.kinds import KINDS


def gate(*severities: str, tolerated: Sequence[int] = (), **rules: Any) -> Gate:
    """Return a gate over one check for each severity; ``tolerated`` are the places of those with a bad baseline."""
    kind = KINDS["tcp"]()
    checks = [
        Check(str(place), {"severity": severity, "timeout": 5.0}, kind) for place, severity in enumerate(severities)
    ]
    return Gate([Standing(check, place in tolerated) for place, check in enumerate(checks)], Rules(**rules))


def feed(fed: Gate, *statuses: str, index: int = 0) -> str:
    """Record an outcome for each status; return the verdict after the last."""
    for status in statuses:
        fed.record(index, Outcome(status, "" if status == PASS else f"it is {status}"))
    return fed.verdict


def test_one_attempt_decides_when_nothing_else_is_asked() -> None:
    assert feed(gate("critical"), PASS) == PASSED
    assert feed(gate("critical"), FAIL) == FAILED
    assert feed(gate("critical"), UNKNOWN) == UNDECIDED


def test_there_is_no_verdict_before_every_check_was_attempted() -> None:
    two = gate("critical", "critical")
    assert feed(two, FAIL) == ""
    assert two.final_verdict == FAILED
    assert feed(two, PASS, index=1) == FAILED


def test_a_check_that_does_not_decide_is_waited_for_once() -> None:
    observed = gate("critical", "observe")
    assert feed(observed, PASS) == ""
    assert observed.final_verdict == UNDECIDED
    assert feed(observed, FAIL, index=1) == PASSED
    assert not observed.wants_more(1)


@pytest.mark.parametrize("bad", [FAIL, UNKNOWN])
def test_passes_count_only_in_a_row(bad: str) -> None:
    patient = gate("critical", consecutive=3, keep_trying=True)
    assert feed(patient, PASS, PASS, bad, PASS, PASS) == ""
    assert patient.standings[0].passes_in_a_row == 2
    assert feed(patient, PASS) == PASSED


def test_all_deciding_checks_must_hold_at_the_same_time() -> None:
    patient = gate("critical", "critical", consecutive=2, keep_trying=True)
    feed(patient, PASS, PASS)
    feed(patient, PASS, index=1)
    feed(patient, FAIL)
    assert feed(patient, PASS, index=1) == ""
    assert feed(patient, PASS, PASS) == PASSED


def test_a_single_try_goes_on_while_it_may_still_pass() -> None:
    single = gate("critical", consecutive=3)
    assert feed(single, PASS) == ""
    assert single.wants_more(0)
    assert feed(single, PASS) == ""
    assert feed(single, FAIL) == FAILED
    assert not single.wants_more(0)


def test_a_gate_that_keeps_trying_never_gives_up_by_itself() -> None:
    patient = gate("critical", keep_trying=True)
    assert feed(patient, *[FAIL] * 50) == ""
    assert patient.wants_more(0)
    assert patient.final_verdict == FAILED
    assert feed(patient, PASS) == PASSED


def test_what_was_never_seen_failing_is_unknown_in_the_end() -> None:
    patient = gate("critical", "critical", keep_trying=True)
    feed(patient, UNKNOWN)
    feed(patient, PASS, index=1)
    assert patient.final_verdict == UNDECIDED


def test_passes_that_are_too_few_are_not_enough_in_the_end() -> None:
    patient = gate("critical", consecutive=3, keep_trying=True)
    feed(patient, PASS, PASS)
    assert patient.final_verdict == UNDECIDED


def test_the_flap_budget_is_spent_by_all_deciding_checks() -> None:
    patient = gate("critical", "critical", "observe", consecutive=9, keep_trying=True, flap_budget=2)
    feed(patient, PASS, FAIL, PASS, FAIL, PASS, FAIL, PASS, FAIL, index=2)
    feed(patient, PASS, FAIL)
    assert feed(patient, PASS, UNKNOWN, index=1) == ""
    assert not patient.flapping
    assert feed(patient, PASS, FAIL) == FAILED
    assert patient.flapping


def test_staying_bad_is_one_flap() -> None:
    patient = gate("critical", keep_trying=True, consecutive=9, flap_budget=1)
    assert feed(patient, PASS, FAIL, UNKNOWN, FAIL) == ""
    assert patient.standings[0].flaps == 1


def test_failing_from_the_start_is_no_flap() -> None:
    patient = gate("critical", keep_trying=True, flap_budget=0)
    assert feed(patient, FAIL, FAIL) == ""
    assert patient.standings[0].flaps == 0


def test_a_warning_decides_only_when_asked_to() -> None:
    lenient = gate("critical", "warning")
    feed(lenient, PASS)
    assert feed(lenient, FAIL, index=1) == PASSED
    strict = gate("critical", "warning", fail_on="warning")
    feed(strict, PASS)
    assert feed(strict, FAIL, index=1) == FAILED


def test_observed_checks_alone_decide_nothing_but_must_be_attempted() -> None:
    observed = gate("observe", fail_on="warning")
    assert observed.verdict == ""
    assert feed(observed, FAIL) == PASSED


def test_what_was_bad_in_the_baseline_is_tolerated() -> None:
    tolerant = gate("critical", "critical", tolerated=[0], consecutive=2)
    feed(tolerant, FAIL, UNKNOWN)
    assert feed(tolerant, PASS, PASS, index=1) == PASSED
    assert tolerant.standings[0].flaps == 0
