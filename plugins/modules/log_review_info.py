#!/usr/bin/python
# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: log_review_info
short_description: Tell what is in the logs of the last hours
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Reads each log's window once and tells how many lines there are of each level and each of the given patterns, what
    is said most often, which requests were denied to whom, what was slow, and when errors came.
  - A log is a file with those that it was rotated to, the systemd journal of a unit, or what a container has written.
    Times, levels, access logs and JSON, also JSON inside of a message, are recognised by themselves.
  - Messages are counted by their shape, with placeholders for numbers and ids. What can be told as a secret is not
    shown.
  - A log that cannot be read is V(unknown), its numbers are V(null), and the module fails after telling of the others.
  - It only reads, and no more than C(max_bytes) of each source.
extends_documentation_fragment:
  - day2.ops.attributes
  - day2.ops.attributes.reads
notes:
  - A line without a time belongs to the line before it. A time without a zone is one of the host.
requirements:
  - docker (Python library) on the host where the module runs, for C(container)
  - C(journalctl) on the host where the module runs, for C(journal_unit)
options:
  sources:
    description:
      - The logs to read. Each is a dictionary with exactly one of C(path), C(glob), C(journal_unit) and C(container).
      - C(name) is what the source is called in results; by default what it names.
      - C(path) is a file, C(glob) a pattern of the shell for up to 200 files. What they were rotated to is read as far
        as the window reaches. With C(must_exist=false) a file that is missing is one without lines.
      - C(journal_unit) is a unit of systemd, C(journal_directory) a folder with a journal instead of the host's own.
      - C(container) is the name or id of a container of the docker daemon at C(docker_host) (default
        V(unix:///var/run/docker.sock)), with C(tls), C(validate_certs), C(ca_certs), C(client_cert) and C(client_key).
      - C(since) and C(timeout) take the place of O(since) and O(timeout). C(max_bytes) (default V(50M)) bounds how
        much is read.
    type: list
    elements: dict
    required: true
  since:
    description: How far to look back, in seconds or with V(m), V(h), V(d) or V(w).
    type: str
    default: 24h
  patterns:
    description: What to count lines of.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: What it is called in results.
        type: str
        required: true
      pattern:
        description: A regular expression that may match anywhere in the line.
        type: str
        required: true
      exclude:
        description: A regular expression; lines that it matches do not count.
        type: str
  top:
    description: How many entries the lists of messages, denied requests and slow lines have at most, 1 to 100.
    type: int
    default: 10
  slow_after:
    description: What took so long or longer is slow, in seconds or with V(ms), V(s), V(m).
    type: str
    default: 1s
  duration_fields:
    description:
      - Names of the fields of JSON, or of C(name=value) in text, that tell how long something took.
      - A bare number is of the unit that its name ends with (C(_ms), C(_us), C(_ns)), else of seconds. C(350ms) and the
        like are understood.
    type: list
    elements: str
    default:
      - duration
      - duration_ms
      - duration_seconds
      - elapsed
      - elapsed_ms
      - latency
      - latency_ms
      - request_time
      - response_time
      - response_time_ms
  timeout:
    description: For how many seconds each source may be read.
    type: float
    default: 60.0
  report_only:
    description: Whether to succeed although a log could not be read.
    type: bool
    default: false
seealso:
  - module: day2.ops.health_gate
    description: Its checks of the kind C(log) hold the number of matching lines against limits.
"""

EXAMPLES = r"""
- name: Review a day of logs
  day2.ops.log_review_info:
    sources:
      - name: application
        path: /var/log/service/app.log
      - name: web server
        glob: /var/log/nginx/*access.log
      - name: scheduler
        journal_unit: scheduler.service
      - name: engine
        container: engine
    patterns:
      - name: out of memory
        pattern: Out of memory|OOMKilled
      - name: refused logins
        pattern: Failed password|authentication failure
  register: logs

- name: Show what was said most often
  ansible.builtin.debug:
    msg: "{{ item.count }} x {{ item.message }}"
  loop: "{{ logs.sources[0].messages }}"

- name: Review who was denied access in the last week
  day2.ops.log_review_info:
    since: 7d
    top: 50
    sources:
      - path: /var/log/nginx/access.log
        max_bytes: 500M
    timeout: 300
  register: access

- name: Show them
  ansible.builtin.debug:
    msg: "{{ access.sources[0].http.denied }}"
"""

RETURN = r"""
status:
  description:
    - V(ok) when the whole window of each log was read, V(incomplete) when a bound was reached before, V(unknown) when a
      log could not be read.
  returned: always, unless an option was wrong
  type: str
  sample: ok
summary:
  description: One line on all of it.
  returned: always, unless an option was wrong
  type: str
  sample: 48210 lines of 4 logs, 12 errors, 31 denied requests, 4 slow
sources:
  description: What is in each log, in the order of O(sources).
  returned: always, unless an option was wrong
  type: list
  elements: dict
  contains:
    name:
      description: The name of the source.
      type: str
      sample: application
    status:
      description: V(ok), V(incomplete) or V(unknown). When V(unknown), all that follows RV(sources[].bytes) is V(null).
      type: str
      sample: ok
    message:
      description: Why the status is not V(ok).
      type: str
      sample: ""
    since:
      description: The beginning of the window; UTC, ISO 8601.
      type: str
      sample: "2026-03-01T02:00:00Z"
    bytes:
      description: How many bytes were read.
      type: int
      sample: 918212
    lines:
      description: How many lines are in the window.
      type: int
      sample: 12034
    levels:
      description: Lines by level; C(none) for those that tell none.
      type: dict
      sample: {debug: 0, info: 11980, warning: 42, error: 12, critical: 0, none: 0}
    patterns:
      description: For each of O(patterns) C(name), the C(count) of lines, C(first_at), C(last_at), the C(last) line.
      type: list
      elements: dict
      sample:
        - name: out of memory
          count: 0
          first_at:
          last_at:
          last:
    messages:
      description: The most frequent messages of the level warning or worse, by their shape.
      type: list
      elements: dict
      sample:
        - level: error
          message: "ERROR shop: cannot bill order <n>"
          count: 12
          first_at: "2026-03-01T05:12:07Z"
          last_at: "2026-03-02T00:40:31Z"
    other_messages:
      description: Lines of the level warning or worse that were not told apart, as there were too many shapes.
      type: int
      sample: 0
    errors_per_hour:
      description: Lines of the level error or critical by the hour (UTC) that they came in; none for a quiet hour.
      type: list
      elements: dict
      sample:
        - hour: "2026-03-01T05:00:00Z"
          count: 11
    http:
      description:
        - What an access log tells. C(requests) is how many there are, C(statuses) how many of each status, C(denied)
          the most frequent of those with status 401 and 403 by client and path, C(denied_total) how many these are in
          all.
      type: dict
      sample:
        requests: 9120
        statuses: {"200": 9089, "403": 31}
        denied_total: 31
        denied:
          - status: 403
            client: 192.0.2.7
            path: /admin
            count: 30
            first_at: "2026-03-01T03:00:00Z"
            last_at: "2026-03-01T03:00:29Z"
    slow:
      description:
        - C(measured) is how many lines tell how long something took, C(count) how many of these took O(slow_after) or
          longer, C(slowest) the worst of them with C(seconds), C(at) and C(line).
      type: dict
      sample:
        measured: 9120
        count: 1
        slowest:
          - seconds: 2.4
            at: "2026-03-01T05:12:07Z"
            line: '{"msg": "served", "path": "/report", "duration": 2.4}'
total:
  description: Sums over the logs that could be read.
  returned: always, unless an option was wrong
  type: dict
  contains:
    lines:
      description: Lines.
      type: int
      sample: 48210
    levels:
      description: Lines by level.
      type: dict
      sample: {debug: 0, info: 48156, warning: 42, error: 12, critical: 0, none: 0}
    patterns:
      description: Lines by the name of the pattern.
      type: dict
      sample: {out of memory: 0}
    statuses:
      description: Requests by status.
      type: dict
      sample: {"200": 9089, "403": 31}
    denied:
      description: Requests with status 401 and 403.
      type: int
      sample: 31
    slow:
      description: Slow lines.
      type: int
      sample: 4
failures:
  description: A line for each log that could not be read. The module fails when there is any, unless O(report_only).
  returned: always, unless an option was wrong
  type: list
  elements: str
  sample: ["application: no such file: /var/log/service/app.log"]
missing_libraries:
  description: Python packages without which logs could not be read.
  returned: always, unless an option was wrong
  type: list
  elements: str
  sample: []
"""

from ansible_collections.day2.ops.plugins.module_utils._core.runner import run
from ansible_collections.day2.ops.plugins.module_utils._logs.operation import SPEC, operate


def main() -> None:
    """Wire the options to the operation."""
    run(SPEC, operate)


if __name__ == "__main__":
    main()
