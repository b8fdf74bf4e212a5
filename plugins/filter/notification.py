# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The message that a report is worth."""

from __future__ import annotations

DOCUMENTATION = r"""
name: notification
short_description: Whether a report is worth a message to people, and what the message says
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - The role P(day2.ops.announce#role) uses it in its entry point C(result).
options:
  _input:
    description: The report, as P(day2.ops.report#module) returns it.
    type: dict
    required: true
  service:
    description: The name of the service.
    type: str
    required: true
  when:
    description:
      - V(always) tells of each report, V(problem) of each that did not pass.
      - V(change) tells when something is new or fixed since the run before; of a first run when it did not pass.
    type: str
    choices: [change, problem, always]
    default: change
positional: service, when
"""

EXAMPLES = r"""
- name: Show what would be told
  ansible.builtin.debug:
    msg: "{{ (written.report | day2.ops.notification('shop', 'problem')).text }}"
"""

RETURN = r"""
_value:
  description:
    - A dictionary of C(tell), whether to tell; C(subject), one line; C(text), a few lines; C(problem), whether the
      report did not pass; its C(status); and C(labels) for an alert.
  type: dict
"""

from collections.abc import Mapping
from typing import Any, Callable

from ansible_collections.day2.ops.plugins.module_utils._core.controller import plain
from ansible_collections.day2.ops.plugins.module_utils._reviews.notification import notification as make
from ansible_collections.day2.ops.plugins.plugin_utils._filters import told_as_filter_error


@told_as_filter_error
def notification(report: Mapping[str, Any], service: str, when: str = "change") -> dict[str, Any]:
    """Return the message."""
    return make(plain(report), service, when)


class FilterModule:
    """See DOCUMENTATION."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"notification": notification}
