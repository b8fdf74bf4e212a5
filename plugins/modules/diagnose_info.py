#!/usr/bin/python
# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: diagnose_info
short_description: Tell why a service does not start, is slow or eats memory, as far as its host shows it
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Looks at a host from many sides at once. How the parts of the service run, how they ended and what they wrote last;
    which variables they lack; who has their ports; whom the kernel killed for want of memory; who uses memory and CPU;
    what is connected to what; how full disks are.
  - What it finds is ranked, with what it means and what to do next.
  - What cannot be looked at is told in RV(unknown), is never taken for well, and stops nothing else. More is seen as
    root.
  - Of variables only names are read where the runtime allows it, and only names are returned. Secrets that can be told
    as such are masked in lines of logs and messages; of command lines no argument is shown.
  - It only reads.
extends_documentation_fragment:
  - day2.ops.attributes
  - day2.ops.attributes.reads
requirements:
  - Linux, as it reads C(/proc)
  - what P(day2.ops.service_info#module) needs for the kind of runtime
  - docker (Python library), for logs with C(container)
options:
  runtime:
    description:
      - How the service runs, as the option O(day2.ops.service_info#module:runtime) of P(day2.ops.service_info#module).
        Empty means that only the host is looked at.
    type: dict
    default: {}
  ports:
    description:
      - The ports on this host where parts of the service listen. Those that a project of docker compose publishes are
        known without.
    type: list
    elements: dict
    default: []
    suboptions:
      port:
        description: Its number.
        type: int
        required: true
      part:
        description: The name of the part that is to listen there.
        type: str
      pattern:
        description:
          - A regular expression that the command line of the right process matches, where the part is not enough.
        type: str
  environment:
    description: By the name of a part, a list of the names of variables that it cannot do without.
    type: dict
    default: {}
  disks:
    description: Paths whose file systems are looked at, each file system once.
    type: list
    elements: path
    default: [/, /tmp, /var]
  logs:
    description:
      - Logs whose last lines of the last hour are shown, as the option O(day2.ops.log_review_info#module:sources) of
        P(day2.ops.log_review_info#module).
    type: list
    elements: dict
    default: []
  lines:
    description: How many last lines are shown of each log and each instance, 1 to 200.
    type: int
    default: 20
  top:
    description: How many processes and groups of connections are shown, 1 to 200.
    type: int
    default: 10
seealso:
  - module: day2.ops.health_gate
    description: Whether a service is well, and what its dependencies say.
  - module: day2.ops.service_info
"""

EXAMPLES = r"""
- name: See why the shop does not start
  day2.ops.diagnose_info:
    runtime:
      kind: systemd
      parts:
        - {name: api, unit: shop-api.service}
        - {name: worker, unit: "shop-worker@{number}.service", count: 4}
    ports:
      - {port: 8000, part: api}
    environment:
      api: [DATABASE_URL, SECRET_KEY]
  become: true
  register: diagnosis

- name: Show the findings, the worst first
  ansible.builtin.debug:
    msg: "{{ item.severity }}: {{ item.what }}; {{ item.next }}"
  loop: "{{ diagnosis.findings }}"
"""

RETURN = r"""
findings:
  description: What was found, the worst first, and causes before what follows from them.
  returned: success
  type: list
  elements: dict
  contains:
    severity:
      description: V(critical), V(warning) or V(note).
      returned: always
      type: str
    about:
      description: What kind of finding it is.
      returned: always
      type: str
    what:
      description: What was seen, on what.
      returned: always
      type: str
    means:
      description: What that means.
      returned: always
      type: str
    next:
      description: What to do next.
      returned: always
      type: str
  sample:
    - severity: critical
      about: port_taken
      what: port 8000 of api is taken by nginx (pid 812, user root)
      means: the part cannot listen there, so it does not start
      next: end the other process or give one of them another port
unknown:
  description: What could not be looked at, C(source), and C(why).
  returned: success
  type: list
  elements: dict
  sample: [{"source": "the kernel's log", "why": "the kernel's log cannot be read: /dev/kmsg; run as root"}]
parts:
  description:
    - Of each instance C(part), C(instance), C(state), C(runs), C(exit_code), C(restarts), C(oom_killed), C(message),
      C(pids), the names of its C(variables), and its last C(lines). What is not known is null.
  returned: success
  type: list
  elements: dict
processes:
  description:
    - How many there are (C(count)), what they use of CPUs together (C(cpu_percent), 100 for a whole one), and who uses
      most, C(by_memory) and C(by_cpu).
  returned: success, null when not known
  type: dict
memory:
  description:
    - As the check V(memory) returns it, with C(killed), whom the kernel killed in the last day, and
      C(killed_since_boot), how many.
  returned: success, null when not known
  type: dict
connections:
  description: Groups of TCP connections by C(direction), C(peer), C(port) and C(state), with C(count).
  returned: success, null when not known
  type: list
  elements: dict
ports:
  description: Of each port of the service C(port), C(part) and C(listeners).
  returned: success, null when not known
  type: list
  elements: dict
disks:
  description: Of each file system C(path), C(used_percent), C(free_bytes), C(total_bytes) and C(inodes_percent).
  returned: success
  type: list
  elements: dict
logs:
  description: Of each log C(name) and its last C(lines).
  returned: success
  type: list
  elements: dict
"""

from ansible_collections.day2.ops.plugins.module_utils._core.runner import run
from ansible_collections.day2.ops.plugins.module_utils._diagnose.operation import SPEC, operate


def main() -> None:
    """Wire the options to the operation."""
    run(SPEC, operate)


if __name__ == "__main__":
    main()
