#!/usr/bin/python
# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later


from __future__ import annotations

DOCUMENTATION = r"""
module: ingress_switch
short_description: Open or close the ingress of a service, and see it from outside
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Reads the switch, turns it when needed, and waits until a request from outside is accepted or refused accordingly.
  - A switch that says one thing while clients meet another is a failure.
notes:
  - On a host that is the controller itself (connection V(local), same user, same Python) the controller's own process does
    the work. Everywhere else the module runs on the host.
extends_documentation_fragment:
  - day2.ops.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  state:
    description: Whether clients are to be let in.
    type: str
    choices: [open, closed]
    required: true
  switch:
    description:
      - How the ingress is switched. C(kind) is V(http), a request to the service or its proxy; V(file), a file that a
        proxy or a firewall reads; or V(command), programs of the host.
      - 'For V(http): C(url) is read with GET and answers JSON in which C(state_path) leads to C(open_value) or
        C(closed_value) (default V(true) and V(false)); C(open) and C(close) each take C(url) (default the one read),
        C(method) (default V(PUT)), C(body) and C(status) (list of accepted statuses).'
      - 'For V(file): while it is closed C(path) (absolute) holds C(closed_content). C(check) and C(reload) are programs
        with their arguments, run when the file was written, as C([nginx, -t, -q]) and C([systemctl, reload, nginx]).
        When one fails, the file is as before. What the file held, if it was there, is kept beside it, with the suffix
        C(.day2-open), and put back as it was.'
      - 'For V(command): C(is_closed), C(close) and C(open) are programs with their arguments, run without a shell.
        C(is_closed) ends with status 0 when it is closed, 1 when it is open. V(file) and V(command) take
        C(command_timeout) (seconds, default 30).'
      - 'For all, C(outside) is the request that proves it: C(url), C(method), C(headers), C(body), C(open_status) and
        C(closed_status) (default V([503])). Choose one that stores nothing, such as an incomplete item that an open
        ingress answers with 400. With C(closed_unreachable) no answer means closed, too, as behind a firewall.'
      - 'C(token), C(token_file) or C(token_env) is sent as the header C(token_header) to the switch, never outside.
        C(headers), C(timeout) (seconds a request), C(validate_certs), C(ca_certs), C(client_cert) and C(client_key)
        are as usual.'
    type: dict
    required: true
  timeout:
    description: Seconds until the state must be seen from outside.
    type: float
    default: 30
"""

EXAMPLES = r"""
- name: Refuse new orders
  day2.ops.ingress_switch:
    state: closed
    switch:
      kind: http
      url: http://127.0.0.1:8080/ingress
      token_header: X-Admin-Token
      token_env: ADMIN_TOKEN
      state_path: open
      open: {body: {open: true}}
      close: {body: {open: false}}
      outside:
        url: http://127.0.0.1:8080/orders
        method: POST
        body: {}
        open_status: [400]
        closed_status: [503]

- name: Show a page instead of the shop, with a file that nginx includes in the shop's server
  day2.ops.ingress_switch:
    state: closed
    switch:
      kind: file
      path: /etc/nginx/maintenance/shop.conf
      closed_content: |
        return 503;
      check: [nginx, -t, -q]
      reload: [systemctl, reload, nginx]
      outside:
        url: https://shop.example.com/
        open_status: [200]

- name: Let nobody in but the hosts of the monitoring, by a rule of the firewall
  day2.ops.ingress_switch:
    state: closed
    switch:
      kind: command
      is_closed: [iptables, -C, INPUT, -p, tcp, --dport, "443", "!", -s, 192.0.2.0/24, -j, REJECT]
      close: [iptables, -I, INPUT, -p, tcp, --dport, "443", "!", -s, 192.0.2.0/24, -j, REJECT]
      open: [iptables, -D, INPUT, -p, tcp, --dport, "443", "!", -s, 192.0.2.0/24, -j, REJECT]
      outside:
        url: https://shop.example.com/
        open_status: [200]
        closed_unreachable: true
"""

RETURN = r"""
state:
  description: What clients meet at the end; in check mode what the switch says now.
  returned: success
  type: str
  sample: closed
before:
  description: What the switch said at the beginning.
  returned: success
  type: str
  sample: open
"""

from ansible_collections.day2.ops.plugins.module_utils._core.runner import run
from ansible_collections.day2.ops.plugins.module_utils._ingress.operation import SPEC, operate


def main() -> None:
    """Wire the options to the operation."""
    run(SPEC, operate)


if __name__ == "__main__":
    main()
