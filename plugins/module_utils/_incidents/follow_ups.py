# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What is to be done in an incident and after it: acknowledge, assess, mitigate, communicate; then the post-mortem."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .record import CLOSED, Record

_MOST = 5  # findings that are to be mended, at first


def follow_ups(record: Record, findings: Sequence[Mapping[str, Any]], bundle: str) -> list[dict[str, str]]:
    """Return what to do next, as the items of a section of a report."""
    if record["state"] == CLOSED:
        return [
            {
                "text": "Write the post-mortem within five days; its template is post-mortem.md in the evidence",
                "link": "",
            },
            {"text": "Give each of its actions an owner and a day", "link": ""},
            {"text": f"Keep the evidence until then: {bundle}", "link": ""},
        ]
    todo = [{"text": f"{one['what']}: {one['next']}", "status": "", "due": ""} for one in findings[:_MOST]]
    run = f"ansible-playbook -i INVENTORY day2.ops.incident -e incident={record['id']}"
    return [
        {"text": "Acknowledge: the incident has an owner", "status": "done", "owner": record["opened_by"]},
        {
            "text": f"Assess: is {record['severity']} right?",
            "due": record["respond_by"],
            "command": f"{run} -e severity=P2",
        },
        *({**one, "text": f"Mitigate: {one['text']}"} for one in todo),
        {"text": "Mitigate: write down what was done", "command": f"{run} -e note='what was done'"},
        {"text": "Communicate: say how it stands, each half hour at least", "command": run},
        {"text": "Close it when checks pass and people agree", "command": f"{run} -e incident_do=close"},
    ]


def post_mortem(record: Record, findings: Sequence[Mapping[str, Any]], duration: str) -> str:
    """Return the post-mortem with what is known filled in, as Markdown."""
    course = "\n".join(
        f"| {one['at']} | {one['by']} | {one['phase']} | {_cell(one['text'])} |" for one in record["log"]
    )
    found = "\n".join(f"- {one['severity']}: {one['what']}" for one in findings) or "- nothing"
    return f"""# Post-mortem of {record["id"]}: {record["service"]}

| | |
|---|---|
| Severity | {record["severity"]} |
| Began | {record["opened_at"]} |
| Ended | {record["closed_at"] or "not yet"} |
| Lasted | {duration} |

## What happened, and whom it hit

(two sentences)

## Course

| when | who | phase | what |
|---|---|---|---|
{course}

## What was found

{found}

## Why it happened

(ask why five times; of things and rules, not of people)

## What went well, what did not, where we were lucky

-

## Actions

| what | kind (prevent, notice, mend faster) | owner | due |
|---|---|---|---|
| | | | |
"""


def _cell(text: str) -> str:
    return text.replace("|", "/").replace("\n", " ")
