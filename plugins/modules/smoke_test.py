#!/usr/bin/python
# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: smoke_test
short_description: Send an item in as a client does, and see it processed
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Sends a request, expects that the item is taken, and waits until checks say that it was processed. A service that
    takes items and does nothing with them fails, which no check of its health tells.
  - C({id}) in O(require), O(submit), O(follow) and O(cleanup) stands for what the item is known by, so that this very
    item is followed.
extends_documentation_fragment:
  - day2.ops.attributes
attributes:
  check_mode:
    support: full
    details: Validates all that is given, and sends nothing.
  diff_mode:
    support: none
  idempotent:
    support: none
    details: Each run sends an item.
options:
  name:
    description: Names the test in messages.
    type: str
    default: smoke test
  require:
    description:
      - Checks that must pass before anything is sent, as O(day2.ops.health_gate#module:checks) takes them. They are
        made once; when one of them does not pass, nothing is sent and the test fails.
      - For items that do harm where they are taken for real ones, and for services that have a mode for tests.
    type: list
    elements: dict
    default: []
  submit:
    description:
      - The request, as a check of the kind C(http) of P(day2.ops.health_gate#module) takes it, C(url), C(headers),
        C(body), C(url_username), C(url_password), C(token), C(ca_certs) and so on.
      - C(method) is V(POST), C(body_format) of a C(body) is V(json), and C(status), what is expected, is
        V([200, 201, 202, 204]) unless given.
    type: dict
    required: true
  id:
    description: What the item is known by. A UUID of its own without it.
    type: str
  id_path:
    description: Where the answer, which is JSON then, tells what the item is known by from then on, as V(data.id).
    type: str
  tries:
    description:
      - How often the request is sent until the item is taken. Some services answer once with an error after a server of
        theirs was restarted.
    type: int
    default: 1
  follow:
    description:
      - Checks that pass once the item is processed, as O(day2.ops.health_gate#module:checks) takes them. They are
        made again and again until all pass.
      - Without it nothing more is known than that the item was taken, which a warning says.
    type: list
    elements: dict
    default: []
  cleanup:
    description:
      - Requests that remove the item, as O(submit), with C(method) V(DELETE) unless given. They are sent once the item
        was taken, whatever became of it.
    type: list
    elements: dict
    default: []
  defaults:
    description:
      - Options for checks in O(require) and O(follow) by their kind, as O(day2.ops.health_gate#module:defaults) takes
        them.
    type: dict
    default: {}
  timeout:
    description: Seconds within which the item must be processed once it was taken.
    type: float
    default: 60.0
seealso:
  - module: day2.ops.health_gate
"""

EXAMPLES = r"""
- name: See that an order becomes a row
  day2.ops.smoke_test:
    name: an order
    submit:
      url: https://shop.example.com/orders
      body: {id: "{id}", amount: 1}
      token_file: /etc/day2/shop.token
    follow:
      - name: it is in the table
        kind: sql
        login_host: postgres.example.com
        login_user: monitor
        login_password_file: /etc/day2/postgres.password
        login_db: shop
        query: SELECT count(*) FROM orders WHERE id = %s
        positional_args: ["{id}"]
        equals: 1
    cleanup:
      - url: "https://shop.example.com/orders/{id}"
        token_file: /etc/day2/shop.token
    timeout: 30

- name: See that a simulated alarm is dealt with, where alarms are simulated
  day2.ops.smoke_test:
    name: a simulated alarm
    require:
      - {name: simulation is on, kind: http, url: "https://alarms.example.com/simulation"}
    submit:
      url: https://alarms.example.com/alarms
      body: {device: "test device"}
    id_path: alarm_id
    follow:
      - name: somebody was told
        kind: http
        url: "https://alarms.example.com/alarms/{id}"
        json: [{path: told, value: true}]
    cleanup:
      - {url: "https://alarms.example.com/alarms/{id}/resolve", method: POST}
"""

RETURN = r"""
id:
  description: What the item is known by.
  returned: success
  type: str
  sample: 7d0f0f5e-9f0e-4a39-8d5e-0e6f8d1b2c3d
submitted:
  description: The answer to the request, C(status) and C(latency) in seconds.
  returned: when it was sent
  type: dict
  sample: {"status": 202, "latency": 0.004}
processed:
  description: Whether it was processed; true when nothing says how to follow it, false when it was not sent.
  returned: outside check mode
  type: bool
  sample: true
seconds:
  description: How long that took, from the request on.
  returned: when it was sent
  type: float
  sample: 0.412
checks:
  description: >-
    What the checks saw at last, as RV(day2.ops.health_gate#module:checks) has them; those of O(require) when it was not
    sent.
  returned: outside check mode
  type: list
  elements: dict
  sample: [{"name": "it is in the table", "kind": "sql", "status": "pass"}]
failures:
  description: What is wrong, a line each.
  returned: outside check mode
  type: list
  elements: str
  sample: []
missing_libraries:
  description: Python packages that checks lack on the host.
  returned: outside check mode
  type: list
  elements: str
  sample: []
"""

from ansible_collections.day2.ops.plugins.module_utils._core.runner import run
from ansible_collections.day2.ops.plugins.module_utils._smoke.operation import SPEC, operate


def main() -> None:
    """Wire the options to the operation."""
    run(SPEC, operate)


if __name__ == "__main__":
    main()
