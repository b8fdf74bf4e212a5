#!/usr/bin/python
# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: backup_jobs
short_description: Put scheduled backups on a host, with the program that runs them
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Writes for each job a file that only root can read, and the program C(day2-backup), which runs a job by the code of
    the modules of this collection. The program is made of what Ansible brings for this module, so it needs nothing else
    on the host than Python and the libraries of the modules.
  - Options of jobs and schedules are checked before anything is written. Jobs of the service that are not listed any
    more are removed, their backups are not.
  - It does not touch cron or systemd. The role P(day2.ops.cron_backups#role) does that by what this returns.
extends_documentation_fragment:
  - day2.ops.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details: Shows jobs without their secrets.
  idempotent:
    support: full
options:
  jobs:
    description: All jobs of the service on the host.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The job's name, of letters, digits, C(_) and C(-).
        type: str
        required: true
      module:
        description:
          - What it does. V(pgbackrest) starts the program of that name, with the options C(stanza), C(type) (V(full),
            V(diff) or V(incr)), C(config), C(program), C(verify) and C(command_timeout); the others are modules of this
            collection.
          - V(es_snapshot) has the option C(register) as well, a dictionary of C(name), C(type), C(settings) and
            C(verify), by which the repository is registered first as by M(day2.ops.es_repository).
        type: str
        required: true
        choices: [backup_verify, config_backup, es_snapshot, es_snapshot_verify, pg_backup, pgbackrest, redis_backup]
      options:
        description: The module's options.
        type: dict
        default: {}
      schedule:
        description:
          - When it runs, as five fields of cron (V(0 2 * * *)), as V(@daily), or as a dictionary of C(minute) (0 when
            not given), C(hour), C(day), C(month) and C(weekday). For O(scheduler=systemd) also what C(OnCalendar)
            takes.
        type: raw
        required: true
      jitter:
        description: The run begins at most this much later, at random, as seconds or as V(10m). At most 24 hours.
        type: raw
        default: 0
      user:
        description:
          - The account that does the work. It need not be able to read the job's file. V(root) without it, or
            V(postgres) for V(pgbackrest).
        type: str
      timeout:
        description: How long the work may take, as seconds or as V(12h). Then it is ended, with all it has started.
        type: raw
        default: 12h
      notify:
        description: Whom to tell of this job, instead of O(notify).
        type: dict
        suboptions: &notify
          when:
            description: V(failure) tells of each failure and of the first good run after one.
            type: str
            default: failure
            choices: [always, failure, never]
          webhook_url:
            description: A webhook that takes C({"text"}) as JSON, such as Slack's.
            type: str
          ca_certs:
            description: A file with the authorities that are trusted for the webhook. The host's without it.
            type: path
          mail:
            description: How mail is sent.
            type: dict
            suboptions:
              to:
                description: The addresses it is sent to.
                type: list
                elements: str
                required: true
              sender:
                description: The address it is sent from.
                type: str
                default: root
              program:
                description: The host's program that takes mail on stdin, for when there is no C(host).
                type: path
                default: /usr/sbin/sendmail
              host:
                description: A mail server. Without it the program is used.
                type: str
              port:
                description: Its port.
                type: int
                default: 25
              secure:
                description: Whether the connection is encrypted from the beginning, by STARTTLS, or not.
                type: str
                default: starttls
                choices: [always, never, starttls]
              validate_certs:
                description: Whether the server's certificate is verified.
                type: bool
                default: true
              ca_certs:
                description: A file with the authorities that are trusted. The host's without it.
                type: path
              username:
                description: The login, where the server wants one.
                type: str
              password:
                description: Its password.
                type: str
              password_file:
                description: A file on the host that holds it.
                type: path
              password_env:
                description: An environment variable that holds it when the job runs.
                type: str
  service:
    description:
      - Whose jobs they are, of letters, digits, C(_) and C(-), at most 32. Jobs of other services on the host are left
        alone, and no two have a job of the same name.
    type: str
    default: day2
  notify:
    description: Whom to tell of jobs that have none of their own. Nobody without it.
    type: dict
    suboptions: *notify
  scheduler:
    description: What is to start the jobs; it decides which schedules can be.
    type: str
    default: cron
    choices: [cron, systemd]
  program:
    description: Where the program is put.
    type: path
    default: /opt/day2/bin/day2-backup
  config_dir:
    description: The folder of the jobs' files.
    type: path
    default: /etc/day2/backups
  state_dir:
    description:
      - The folder that holds the jobs' locks and what came of their runs. C(NAME.success) in it is written anew by each
        run that ends well.
    type: path
    default: /var/lib/day2/backup_jobs
  textfile_dir:
    description: The folder of node_exporter's textfile collector, which must exist. No metrics are written without it.
    type: path
  state:
    description: V(absent) removes all jobs of the service, and the program when no other service has any.
    type: str
    default: present
    choices: [present, absent]
seealso:
  - module: day2.ops.pg_backup
  - module: day2.ops.redis_backup
  - module: day2.ops.config_backup
"""

EXAMPLES = r"""
- name: Describe the backups of this host
  day2.ops.backup_jobs:
    jobs:
      - name: etc
        module: config_backup
        schedule: "30 2 * * *"
        options:
          path: /var/backups/day2
          name: etc
          paths: [/etc/shop]
    notify:
      mail: {to: [ops@example.org]}
  register: described
"""

RETURN = r"""
jobs:
  description: What is to run, and when.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The job's name.
      type: str
      sample: etc
    cron:
      description: Its schedule in five fields of cron; null when it can be said to systemd only.
      type: str
      sample: 30 2 * * *
    calendar:
      description: Its schedule as lines for C(OnCalendar).
      type: list
      elements: str
      sample: ["*-*-* 02:30:00"]
    jitter:
      description: Seconds by which it may begin later.
      type: float
      sample: 600
    timeout:
      description: Seconds that the work may take.
      type: float
      sample: 43200
removed:
  description: The jobs that were removed, or would be in check mode.
  returned: success
  type: list
  elements: str
  sample: [old]
program:
  description: Where the program is.
  returned: success
  type: str
  sample: /opt/day2/bin/day2-backup
missing_libraries:
  description: Python packages that the jobs need and the host lacks.
  returned: success
  type: list
  elements: str
  sample: ["psycopg[binary]"]
"""

from ansible_collections.day2.ops.plugins.module_utils._backups import scheduled
from ansible_collections.day2.ops.plugins.module_utils._backups.scheduled_setup import SPEC, operate
from ansible_collections.day2.ops.plugins.module_utils._core.runner import run

# What is imported here is what the program is made of.
BROUGHT = (scheduled,)


def main() -> None:
    """Wire the options to the operation."""
    run(SPEC, operate)


if __name__ == "__main__":
    main()
