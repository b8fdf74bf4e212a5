# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The end of the demo: the window as its journal tells it, and what became of the orders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .demo.account import Account
from .demo.load import Result


def lines_of(record: Mapping[str, Any], account: Account, result: Result) -> Iterator[str]:
    """Yield lines for people. :param record: of the window, from its journal."""
    opened, closed = (str(record.get(name, "?"))[11:19] for name in ("opened_at", "closed_at"))
    ended = f"opened {opened}, closed {closed} UTC: {record.get('outcome')}"
    yield f"window {record.get('id')}, {record.get('reason')}, {ended}"
    for name, step in sorted(record.get("steps", {}).items(), key=lambda item: str(item[1]["at"])):
        said = step.get("data", {}).get("message", "")
        yield f"  {step['at'][11:19]}  {name:<15} {step['status']:<5} {said}".rstrip()
    yield f"  {record.get('message')}"
    if result.first_refused and result.last_refused:
        seconds = result.last_refused - result.first_refused
        yield f"orders: {account.refused} were refused with 503, for {seconds:.1f} s; {account.accepted} were accepted"
    else:
        yield f"orders: none was refused; {account.accepted} were accepted"
    yield f"        {account.processed} of those were processed: {account.lost} lost, {account.doubled} processed twice"
