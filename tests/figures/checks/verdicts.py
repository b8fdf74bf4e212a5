# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a play said of its checks, and whether it said it as it must: in one line, without a traceback or a secret."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.day2.ops.tests.lab.state import Facts

from ..processes import Done
from .cases import TOKEN, URL_PASSWORD, Case

# With these and -vvv the default callback writes a task's result on one line of JSON, the module's options in it.
RESULT_ON_ONE_LINE = {
    "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
    "ANSIBLE_CALLBACK_FORMAT_PRETTY": "0",
    "ANSIBLE_INJECT_INVOCATION": "1",
}

_RESULT = re.compile(r"^(?:ok|fatal): \[[^]]+\](?:: FAILED!)? => (\{.*\})$", re.MULTILINE)


@dataclass(frozen=True)
class Verdict:
    """status: of the play. message: the module's. reasons: check that did not pass -> "status: reason"."""

    status: int
    output: str
    message: str
    reasons: Mapping[str, str]

    @classmethod
    def of_gate(cls, done: Done) -> Verdict:
        """Take the last result of a play (run with -vvv and RESULT_ON_ONE_LINE) that has health_gate's values."""
        results = [json.loads(found) for found in _RESULT.findall(done.output)]
        result: dict[str, Any] = results[-1] if results else {}
        reasons = {
            check["name"]: f"{check['status']}: {check['reason']}"
            for check in result.get("checks", [])
            if check["status"] != "pass"
        }
        return cls(done.status, done.output, str(result.get("msg", "")), reasons)

    def problems(self, case: Case, secrets: Sequence[str]) -> list[str]:
        """Return what is wrong with it as an answer to the fault; empty when all is as it must be."""
        return [*self._not_found(case), *self._false_alarms(case), *self._badly_said(secrets)]

    def manners(self, secrets: Sequence[str]) -> list[str]:
        """Return what is wrong with how it is said."""
        return list(self._badly_said(secrets))

    def _not_found(self, case: Case) -> Iterator[str]:
        if not self.status:
            yield "exit status 0"
        if case.message and not re.search(case.message, self.message):
            yield f"the message is '{self.message}', expected '{case.message}'"
        for name, pattern in case.reasons.items():
            said = self.reasons.get(name, "pass")
            if not re.search(pattern, said):
                yield f"{name} says '{said}', expected '{pattern}'"

    def _false_alarms(self, case: Case) -> Iterator[str]:
        for name in self.reasons.keys() - case.reasons.keys() - case.also:
            yield f"{name} does not pass either: '{self.reasons[name]}'"

    def _badly_said(self, secrets: Sequence[str]) -> Iterator[str]:
        if self.status and not self.message:
            yield "no message"
        if any("\n" in text for text in (self.message, *self.reasons.values())):
            yield "a message has more than one line"
        if "Traceback" in self.output:
            yield "a traceback is shown"
        if any(secret in self.output for secret in secrets):
            yield "a secret is shown"


def secrets_of(facts: Facts) -> list[str]:
    """Return every secret that a check's options may hold."""
    stores = [facts["redis"]["password"], facts["postgres"]["password"], facts["service"]["admin_token"]]
    return [*stores, URL_PASSWORD, TOKEN]
