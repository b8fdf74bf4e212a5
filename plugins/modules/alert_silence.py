#!/usr/bin/python
# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: alert_silence
short_description: Silence alerts of Alertmanager or Grafana for a time, and tell which those are
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Makes a silence that is known by the name of its owner, so that a second run moves it instead of making another one,
    and a third can end it without knowing its id.
  - A silence always ends by itself.
  - Tells which of the alerts that fire now are muted by it.
extends_documentation_fragment:
  - day2.ops.attributes
  - day2.ops.http_client
  - day2.ops.tls
attributes:
  check_mode:
    support: full
    details: Tells which alerts would be muted.
  diff_mode:
    support: full
  idempotent:
    support: partial
    details: With O(ends_at) a second run changes nothing. With O(duration) each run counts from its own beginning.
options:
  name:
    description: Names the owner, such as a service and what is done to it. It is shown as C(day2.ops/NAME).
    type: str
    required: true
  state:
    description: Whether alerts are to be silent. V(absent) ends each silence of that owner.
    type: str
    choices: [present, absent]
    default: present
  url:
    description:
      - The addresses of the members of one Alertmanager, with a path prefix if it has one. The first that answers is
        asked, as they tell each other.
      - For O(kind=grafana) the address of Grafana.
    type: list
    elements: str
    required: true
  kind:
    description: Whose silences they are. Those of Grafana's own alerts are known to Grafana alone.
    type: str
    choices: [alertmanager, grafana]
    default: alertmanager
  matchers:
    description:
      - Which alerts are meant, as Alertmanager writes it, such as V(service="shop") or V(severity=~"warning|info"). An
        alert that meets all of them is muted.
      - Matchers that would mute every alert are refused.
    type: list
    elements: str
    default: []
  starts_at:
    description: When it begins, as V(2026-03-01T02:00:00Z). Now, without it. One that has begun is not begun anew.
    type: str
  ends_at:
    description: When it ends. Excludes O(duration).
    type: str
  duration:
    description: How long it lasts, as V(2h) or in seconds.
    type: raw
  comment:
    description: Why, for people.
    type: str
    default: maintenance
  timeout:
    description: How many seconds to wait for an answer.
    type: float
    default: 10.0
notes:
  - On a host that is the controller itself (connection V(local), same user, same Python) the controller's own process
    does the work. Everywhere else the module runs on the host.
  - Needs the v2 interface, which Alertmanager has since 0.16; a matcher with C(!=) or C(!~) needs 0.22.
seealso:
  - module: day2.ops.maintenance_window
"""

EXAMPLES = r"""
- name: Be silent about the shop for the time of the window and five minutes
  day2.ops.alert_silence:
    url: [http://alertmanager1.example.com:9093, http://alertmanager2.example.com:9093]
    name: shop maintenance
    matchers: ['service="shop"']
    duration: 65m
    comment: The database gets a new version

- name: Hear of it again
  day2.ops.alert_silence:
    url: [http://alertmanager1.example.com:9093, http://alertmanager2.example.com:9093]
    name: shop maintenance
    state: absent
"""

RETURN = r"""
silence:
  description:
    - The silence as it is, with C(id), C(state) (C(pending), C(active), C(expired)), C(matchers), C(starts_at),
      C(ends_at), C(created_by) and C(comment); null when there was none to end.
  returned: success
  type: dict
  sample:
    id: 0cd0dd4b-9a2a-4a2a-8f6a-1a6a1d8c8d1e
    state: active
    matchers: ['service="shop"']
    starts_at: "2026-03-01T02:00:00Z"
    ends_at: "2026-03-01T03:05:00Z"
    created_by: day2.ops/shop maintenance
    comment: The database gets a new version
muted:
  description: Up to 50 of the alerts that its matchers meet now, each with C(labels) and C(state).
  returned: success
  type: list
  elements: dict
  sample: [{"labels": {"alertname": "HighErrorRate", "service": "shop"}, "state": "suppressed"}]
muted_count:
  description: How many alerts those are in all.
  returned: success
  type: int
  sample: 1
ended:
  description: The ids of silences of that owner that were ended, such as those with other matchers.
  returned: success
  type: list
  elements: str
  sample: []
missing_libraries:
  description: Python packages without which nothing can be asked.
  returned: when there are any
  type: list
  elements: str
  sample: ["requests"]
"""

from ansible_collections.day2.ops.plugins.module_utils._core.runner import run
from ansible_collections.day2.ops.plugins.module_utils._silences.operation import SPEC, operate


def main() -> None:
    """Wire the options to the operation."""
    run(SPEC, operate)


if __name__ == "__main__":
    main()
