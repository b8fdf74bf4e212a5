#!/usr/bin/python
# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: service_info
short_description: Tell how the parts of a service run, and what cannot be done to them
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Tells of each part of a service how many instances run and are ready, what image and limits they have, in the same
    words for docker compose, Kubernetes, systemd and plain processes.
  - With O(intent) it also tells what would change, and fails in one line when it cannot be done, such as more
    containers than a fixed name or port allows.
  - It only reads. P(day2.ops.service#role) is what does things.
notes:
  - On a host that is the controller itself (connection V(local), same user, same Python) the controller's own process
    does the work. Everywhere else the module runs on the host.
extends_documentation_fragment:
  - day2.ops.attributes
  - day2.ops.attributes.reads
requirements:
  - C(docker) with its plugin compose on the host where the module runs, for a runtime of the kind C(compose)
  - requests (Python library), and kubernetes where a kubeconfig is read, for the kind C(kubernetes)
  - C(systemctl) for the kind C(systemd)
options:
  runtime:
    description:
      - How the service runs. C(kind) is one of V(compose), V(kubernetes), V(systemd) and V(process), with the options
        of the kind, see L(docs/service.md, https://github.com/day2/ops/tree/main/docs/service.md).
      - C(parts) is a list of the service's parts. C(name) is what people call it, C(unit) what the runtime calls it (by
        default the name), C(grace) how long a stop may take (V(60), or V(5m)), C(count) how many instances there are to
        be, C(max) how many there may be at most.
    type: dict
    required: true
  parts:
    description: The names of the parts that are meant. Empty means all.
    type: list
    elements: str
    default: []
  intent:
    description: What somebody wants to do to them. Without it the module tells how they are.
    type: str
    choices:
      - started
      - stopped
      - restarted
      - forced
      - rolled
      - recreated
      - scaled
      - limited
      - updated
      - renewed
      - autoscaled
  count:
    description: How many instances each is to have, for O(intent=scaled), or may have, for O(intent=autoscaled).
    type: int
  cpus:
    description: How many CPUs each instance may use, for O(intent=limited). V(0) is no limit.
    type: float
  memory:
    description: How much memory each instance may use, such as V(512M), for O(intent=limited). V(0) is no limit.
    type: str
  image:
    description:
      - The image that each instance is to run, for O(intent=updated). For O(intent=renewed), which is for containers
        whose image's name means another image now, the tag under which the images of before are kept. Containers of one
        part that run different images are refused, unless one is kept so.
    type: str
  wait:
    description: Wait until the parts are as O(intent) wants them, and fail when they are not in time.
    type: bool
    default: false
  counts:
    description: With O(wait), how many instances of each part are to run, by its name, where O(intent) does not tell.
    type: dict
    default: {}
  timeout:
    description: With O(wait), for how many seconds.
    type: float
    default: 60.0
seealso:
  - module: day2.ops.health_gate
    description: Whether a service is well, by what it answers rather than by what runs.
"""

EXAMPLES = r"""
- name: Tell how the parts of the shop run
  day2.ops.service_info:
    runtime:
      kind: compose
      project_dir: /srv/shop
      parts:
        - {name: api, unit: web}
        - {name: worker, grace: 5m}
  register: shop

- name: Show it
  ansible.builtin.debug:
    msg: "{{ shop.msg }}"

- name: Ask whether there could be eight workers
  day2.ops.service_info:
    runtime:
      kind: compose
      project_dir: /srv/shop
      parts:
        - {name: worker}
    intent: scaled
    count: 8
  register: asked
  failed_when: false
"""

RETURN = r"""
kind:
  description: The kind of the runtime.
  returned: success
  type: str
  sample: compose
parts:
  description:
    - A dictionary for each part with its C(name) and C(unit). C(now) holds how many are C(running) and C(ready), what
      the C(instances) that run are called, C(image), C(cpus) and C(memory) in bytes, null where there is none or where
      they differ.
    - Without O(wait) also C(grace) in seconds, C(wanted), C(change), which says whether the intent would change it,
      C(notes) with what somebody who does it should know, such as volume claims that stay, and what the tasks of
      P(day2.ops.service#role) need to do it.
  returned: success
  type: list
  elements: dict
  sample:
    - name: worker
      unit: worker
      grace: 60.0
      now: {"running": 1, "ready": 1, "instances": ["shop-worker-1"], "image": "shop:1", "cpus": 1.5, "memory": null}
      wanted: {"running": 4, "image": "shop:1", "cpus": 1.5, "memory": null}
      change: true
changes:
  description: The names of the parts that the intent would change.
  returned: success
  type: list
  elements: str
  sample: [worker]
means:
  description: What the tasks of P(day2.ops.service#role) need for all parts.
  returned: success
  type: dict
  sample: {"files": ["compose.yml"]}
seconds:
  description: How long it took until all was as it is to be.
  returned: with O(wait)
  type: float
  sample: 1.21
"""

from ansible_collections.day2.ops.plugins.module_utils._core.runner import run
from ansible_collections.day2.ops.plugins.module_utils._runtimes.operation import SPEC, operate


def main() -> None:
    """Wire the options to the operation."""
    run(SPEC, operate)


if __name__ == "__main__":
    main()
