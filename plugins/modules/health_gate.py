#!/usr/bin/python
# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: health_gate
short_description: Pass when checks of a service have passed often enough
version_added: 1.0.0
description:
  - Makes many checks at once, in threads of one module call, and passes only when each that decides has passed
    O(consecutive) times in a row, all of them at the same time.
  - A check first probes (asks a URL, logs in to a server, reads C(/proc)) and then holds what it saw against what is
    expected. It ends as V(pass), V(fail), or V(unknown) when it could not be made. What is unknown is never taken for
    healthy, so it does not pass the gate.
  - Without O(timeout) each check is made once, and as often as O(consecutive) asks while it passes. With it the gate
    keeps trying until it passes or time is up.
  - The kinds of checks are V(alertmanager), V(backup), V(clock), V(command), V(compose), V(container), V(credential),
    V(disk), V(dns), V(elasticsearch), V(file_age), V(http), V(kubernetes), V(load), V(log), V(memory), V(metrics),
    V(postgres), V(process), V(prometheus), V(queue), V(queues), V(redis), V(search_snapshot), V(sql), V(systemd),
    V(tcp), V(tls) and V(worker). Their options, the values that they return and examples of each are in
    C(docs/checks) of the collection, a page for each kind.
  - All checks are validated before the first is made. A mistake in one of them is said in one line, with its place in
    the list.
extends_documentation_fragment:
  - day2.ops.attributes
  - day2.ops.attributes.reads
options:
  checks:
    description:
      - The checks to make. Each is a dictionary of the options of every check, which follow, and those of its kind.
      - C(name) (string, required) tells checks apart, in messages and in a baseline. No two have the same.
      - C(kind) (string, required) is one of the kinds named above.
      - C(severity) (string, V(critical) by default) is V(critical), V(warning) or V(observe). Which severities decide
        is said by O(fail_on); checks of V(observe) never do.
      - C(timeout) (float, 5 by default) bounds one attempt, in seconds. A probe that hangs is given up.
      - C(runbook) (string) is where to read on, shown beside a failure.
      - C(expect) (list) holds more expectations on the values that the kind returns, each a dictionary of C(path),
        C(op) (V(eq) by default; V(ne), V(lt), V(le), V(gt), V(ge), V(in), V(not_in), V(contains), V(matches)) and
        C(value).
      - C(baseline) (list) says how far a number may be from the one in O(baseline), each a dictionary of C(path) and
        at least one of C(max_increase), C(max_increase_percent) and C(max_decrease).
      - C(tolerate_unknown) (boolean, V(false) by default) lets an unknown of this check count as good enough. It is
        told in RV(warnings_seen) all the same.
      - C(progress) (list) says how a number may go from run to run, each a dictionary of C(path) and at least one of
        C(trend) (V(moves), V(not_growing), V(not_falling)), C(max_increase) and C(max_decrease), with C(runs) (V(1) by
        default) and C(counter) (V(false) by default). It looks at O(history).
      - Options that hold a secret can be given as themselves, as C(..._file) or as C(..._env); files and environment
        are those of the host where the module runs. Secrets are found wherever they stand and are not shown.
    type: list
    elements: dict
    required: true
  defaults:
    description:
      - Options for all checks of a kind that do not give them themselves, as a dictionary from kind to options; for
        example the login of a database.
    type: dict
    default: {}
  timeout:
    description:
      - For how many seconds to keep trying until the gate passes. With V(0) nothing that does not pass is tried again.
    type: float
    default: 0.0
  consecutive:
    description:
      - How many times in a row each check that decides must pass. More than one is wanted after a restart, when the
        first answer may be luck.
    type: int
    default: 1
  interval:
    description:
      - How many seconds to wait between two attempts of the same check.
    type: float
    default: 0.2
  flap_budget:
    description:
      - How often checks that decide may fall from V(pass) to anything else, in sum, while the gate keeps trying. One
        more and the gate gives up and fails.
    type: int
    default: 3
  baseline:
    description:
      - The RV(baseline) that an earlier run returned. A check that did not pass then is tolerated now, so that a gate
        after maintenance asks for nothing that did not hold before.
      - Numbers are held against those recorded where a check's own C(baseline) option says so.
    type: dict
    default: {}
  history:
    description:
      - Earlier runs of these checks, oldest first, for their C(progress) rules. The lookup
        P(day2.ops.check_history#lookup) reads them.
      - A rule that has too few runs to look at holds.
    type: list
    elements: dict
    default: []
  fail_on:
    description:
      - The lowest severity that decides. With V(warning) checks of severity V(warning) decide too.
    type: str
    choices: [critical, warning]
    default: critical
  report_only:
    description:
      - Whether to succeed whatever the checks come to, to record a baseline or to report.
    type: bool
    default: false
requirements:
  - C(requests) (Python library, 2.28 or later) on the host where the module runs, for V(alertmanager),
    V(elasticsearch), V(http), V(kubernetes), V(metrics), V(prometheus), V(search_snapshot), and for V(clock) with a URL
  - C(redis) (Python library, 5.0 or later) there, for V(queue), V(queues), V(redis) and V(worker)
  - C(psycopg) (Python library, 3.1 or later) there, for V(postgres) and V(sql)
  - C(docker) (Python library, 7.0 or later) there, for V(compose) and V(container), and for V(log) of a container
  - C(kubernetes) (Python library, 29.0 or later) there, for V(kubernetes) without C(host)
  - C(dnspython) (Python library, 2.3 or later) there, for V(dns) with C(server)
notes:
  - On a host that is the controller itself (connection V(local), same user, same Python) the checks are made in the
    controller's own process, as one of their own would only cost time. Everywhere else the module runs on the host.
  - A library is imported only when a check needs it. Bare, the kinds V(backup), V(clock), V(command), V(credential),
    V(disk), V(dns), V(file_age), V(load), V(log), V(memory), V(process), V(systemd), V(tcp) and V(tls) need none.
  - A check whose library is missing is V(unknown); RV(missing_libraries) names the packages, and the role
    P(day2.ops.bootstrap#role) installs them into an environment of their own.
seealso:
  - module: day2.ops.queue_depth
  - module: day2.ops.check_history
author:
  - day2.ops contributors (@day2)
"""

EXAMPLES = r"""
- name: See that the service is well, once
  day2.ops.health_gate:
    checks:
      - name: api
        kind: http
        url: http://127.0.0.1:8000/ready
        json:
          - path: checks.*
            value: ok
        max_latency: 500ms
        runbook: https://wiki.example.com/runbooks/api
      - name: room on the data disk
        kind: disk
        path: /var/lib/postgresql
        must_be_mount: true
        max_used_percent: 85
      - name: workers
        kind: process
        pattern: worker\.py
        min_count: 2
      - name: load
        kind: load
        severity: warning

- name: Remember how things stand before maintenance
  day2.ops.health_gate:
    checks: "{{ service_checks }}"
    report_only: true
  register: before

- name: Wait up to two minutes until all is as well as before, three times in a row
  day2.ops.health_gate:
    checks: "{{ service_checks }}"
    baseline: "{{ before.baseline }}"
    timeout: 120
    consecutive: 3
  vars:
    service_checks:
      - name: cache
        kind: redis
        login_password_file: /etc/service/redis-password
        max_memory_percent: 80
        baseline:
          - path: evicted_keys
            max_increase: 100
      - name: database
        kind: postgres
        login_user: service
        login_password_file: /etc/service/postgres-password
        writable: true
        max_connections_percent: 80
      - name: orders
        kind: queue
        queue: orders
        queue_kind: redis_list
        missing: empty
        max_ready: 1000

- name: Give the login once for all checks of a kind
  day2.ops.health_gate:
    defaults:
      redis:
        login_host: redis.example.com
        tls: true
        login_password_env: REDIS_PASSWORD
    checks:
      - {name: primary, kind: redis, role: master}
      - {name: session store, kind: redis, db: 1, severity: warning}
"""

RETURN = r"""
status:
  description:
    - What the gate came to. Only V(passed) is good; it is V(unknown) when no check failed and some could not
      be made.
  returned: always
  type: str
  sample: passed
summary:
  description: The outcome in one line.
  returned: always
  type: str
  sample: "passed: 4 of 4 checks pass, 3 in a row wanted, waited 6.2 s"
checks:
  description: How each check stands, in the order of the list.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The check's name.
      type: str
      returned: always
    kind:
      description: The check's kind.
      type: str
      returned: always
    severity:
      description: V(critical), V(warning) or V(observe).
      type: str
      returned: always
    status:
      description: What the last attempt came to; V(pass), V(fail) or V(unknown).
      type: str
      returned: always
    reason:
      description: Why it is no pass, in one line; empty for a pass.
      type: str
      returned: always
      sample: status is 503, expected 200
    seen:
      description: What the probe saw, by kind; empty when it saw nothing.
      type: dict
      returned: always
      sample:
        status: 503
        latency: 0.012
        bytes: 87
        url: http://127.0.0.1:8000/ready
    attempts:
      description: How often the check was made.
      type: int
      returned: always
    passes_in_a_row:
      description: How many of the last attempts passed without one between them that did not.
      type: int
      returned: always
    flaps:
      description: How often it fell from pass to not pass.
      type: int
      returned: always
    seconds:
      description: How long the last attempt took.
      type: float
      returned: always
    runbook:
      description: Where to read on; empty when the check names nothing.
      type: str
      returned: always
    tolerated:
      description: Whether it counts as good because it did not pass in the baseline either.
      type: bool
      returned: always
failures:
  description: One line for each check that decides and is not good.
  returned: always
  type: list
  elements: str
  sample:
    - "critical api: fail: status is 503, expected 200 [https://wiki.example.com/runbooks/api]"
warnings_seen:
  description: One line for each other check that is not good.
  returned: always
  type: list
  elements: str
  sample: []
counts:
  description: How many checks ended as C(pass), C(fail) and C(unknown).
  returned: always
  type: dict
  sample:
    pass: 4
    fail: 0
    unknown: 0
waited:
  description: Seconds from the first attempt to the verdict.
  returned: always
  type: float
  sample: 6.207
baseline:
  description: Status and values of each check by name, to hand to a later run as O(baseline).
  returned: always
  type: dict
  sample:
    api:
      status: pass
      seen:
        status: 200
        latency: 0.009
missing_libraries:
  description: Packages that checks need and the host where the module runs lacks.
  returned: always
  type: list
  elements: str
  sample: []
"""

from ansible_collections.day2.ops.plugins.module_utils._checks.operation import SPEC, run_gate
from ansible_collections.day2.ops.plugins.module_utils._core.runner import run


def main() -> None:
    """Wire the options to the operation."""
    run(SPEC, run_gate)


if __name__ == "__main__":
    main()
