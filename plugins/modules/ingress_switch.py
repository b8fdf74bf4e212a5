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
  - In check mode an ingress that is in the wanted state is looked at from outside, once. It fails where clients get an
    answer that neither C(open_status) nor C(closed_status) names, and warns of a service that is ill (a status of 500
    and more, or no answer).
notes:
  - On a host that is the controller itself (connection V(local), same user, same Python) the controller's own process
    does the work. Everywhere else the module runs on the host.
requirements:
  - requests (Python library) on the host where the module runs
  - redis (Python library, 5.0 or later) for the kind V(queue_pause), and V(document) in Redis
  - kubernetes (Python library) for the kind V(kubernetes), unless C(api) has a C(host)
  - PyYAML (Python library) for the kind V(document) in files of YAML
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
      - How the ingress is switched, C(kind) and what that takes. V(http) is a request to the service or its proxy;
        V(file) a file that a proxy or a firewall reads; V(haproxy) servers or frontends of a running HAProxy;
        V(kubernetes) a Service or the number of pods; V(firewall) a table of nftables; V(document) a document that the
        service reads; V(queue_pause) a pause of queues; V(command) programs of the host.
      - What was is kept on the host or at the resource itself until it is put back, so that it outlives whoever closed
        it. What was out of work before stays so. Who died half-way is gone on with, whatever is wanted. What somebody
        wrote while it was closed stays, and what was before is kept until clients are seen to come in.
      - 'For V(http): C(url) is read with GET and answers JSON in which C(state_path) leads to C(open_value) or
        C(closed_value) (default V(true) and V(false)); C(open) and C(close) each take C(url) (default the one read),
        C(method) (default V(PUT)), C(body) and C(status) (list of accepted statuses).'
      - 'For V(file): while it is closed C(path) (absolute) holds C(closed_content). C(check) and C(reload) are programs
        with their arguments, run when the file was written, as C([nginx, -t, -q]) and C([systemctl, reload, nginx]).
        When one fails, the file is as before. What the file held, if it was there, is kept beside it, as
        C(.NAME.day2-open), put back as it was, and removed once clients are seen to come in. Of a link the file that it
        leads to is written.'
      - 'For V(command): C(is_closed), C(close) and C(open) are programs with their arguments, run without a shell.
        C(is_closed) ends with status 0 when it is closed, 1 when it is open. What runs programs takes
        C(command_timeout) (seconds, default 30).'
      - 'For V(haproxy): C(socket) is the stats socket, a path or C(host:port), with C(level admin). C(servers) names
        backends, or servers as C(BACKEND/SERVER), C(frontends) frontends. C(close_by) is V(maint) (the default) or
        V(drain), which lets clients in that are bound to a server. What each was is kept in C(state_dir)
        (V(~/.local/state/day2/ingress)). Where nothing is kept and all are out of work, all are put to work but those
        that the configuration disables.'
      - 'For V(kubernetes): C(service) is pointed away from its pods by the label C(day2.ops/ingress) in its selector,
        or C(workloads), each V(deployment/NAME) or V(statefulset/NAME), get no pods, and as many as the annotation
        C(day2.ops/ingress-replicas) says when opened. C(namespace) is V(default) unless given. C(api) says how to
        reach the API, with C(kubeconfig), C(context), C(host), C(api_key), C(ca_cert), C(client_cert), C(client_key),
        C(validate_certs) and C(timeout) as in the collection kubernetes.core.'
      - 'For V(firewall): C(ports) are refused to all but C(allow_from) (addresses and networks, default the host
        itself), with a reset, by a table of its own, C(table) (V(day2_ingress)), that is there while it is closed.
        Ports that a container engine publishes are refused as well. Who is connected stays so, unless C(cut) is true.
        Needs root, and C(nft) (default V(nft)). C(closed_unreachable) belongs to it.'
      - 'For V(document): C(store) is V(redis), V(http) or V(file). V(redis) puts C(key) away, whatever it is, with its
        end, and writes C(closed_content) as C(closed_type) (V(string), V(hash), V(json); V(absent) for no key);
        C(redis) says how to reach it, as in M(day2.ops.queue_depth). V(http) gets C(url) and sends it
        C(closed_content), or what it is with C(closed_entries), by C(method) (default V(PUT)), expects a C(status) and
        keeps what was in C(state_dir); what was not there is removed by C(DELETE). V(file) gives the entries
        C(closed_entries) to the file C(path) of C(format) V(json) or V(yaml) (by its name unless given), with C(check)
        and C(reload) as V(file) above, both optional. C(closed_entries) are values by their paths, as
        C({workers.enabled: false}).'
      - 'For V(queue_pause): C(queues), each with C(name) and C(kind) V(asynq), V(bullmq) or V(rq), and maybe C(queue),
        its name with the library, and C(prefix), are paused as their libraries do; C(redis) says how to reach them.
        Consumers stop and producers go on, so the queue itself is not drained by that. What was is kept beside the
        queue. C(outside) is optional here; whether the queues are paused is looked up in any case.'
      - 'For all, C(outside) is the request that proves it: C(url), C(method), C(headers), C(body), C(open_status) and
        C(closed_status) (default V([503])). Choose one that stores nothing, such as an incomplete item that an open
        ingress answers with 400. With C(closed_unreachable) no answer means closed, too, as behind a firewall.
        C(within) are the seconds until it must be seen, O(timeout) unless given; pods take time to start. Only the
        status of the answer counts. A redirect of the host to itself is followed (GET and HEAD), unless one of the
        statuses that are named is of a redirect itself, as 302 of a login page.'
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

- name: Take all servers of a backend out of work
  day2.ops.ingress_switch:
    state: closed
    switch:
      kind: haproxy
      socket: /run/haproxy/admin.sock
      servers: [shop_api]
      outside:
        url: https://shop.example.com/
        open_status: [200]

- name: Point a Service of Kubernetes away from its pods
  day2.ops.ingress_switch:
    state: closed
    switch:
      kind: kubernetes
      namespace: shop
      service: shop-api
      outside:
        url: https://shop.example.com/
        open_status: [200]
        within: 60

- name: Let nobody in but the host itself and the hosts of the monitoring
  day2.ops.ingress_switch:
    state: closed
    switch:
      kind: firewall
      ports: [8080]
      allow_from: [127.0.0.0/8, 192.0.2.0/24]
      outside:
        url: http://198.51.100.7:8080/
        open_status: [200]
        closed_unreachable: true
  become: true

- name: Have a service read that it takes no orders
  day2.ops.ingress_switch:
    state: closed
    switch:
      kind: document
      store: http
      url: http://127.0.0.1:8080/config
      token_header: X-Admin-Token
      token_env: ADMIN_TOKEN
      closed_entries: {orders.open: false}
      outside:
        url: http://127.0.0.1:8080/orders
        method: POST
        body: {}
        open_status: [400]

- name: Have workers take no more mails
  day2.ops.ingress_switch:
    state: closed
    switch:
      kind: queue_pause
      redis: {login_password_file: /etc/day2/redis.password}
      queues:
        - {name: mails, kind: asynq}

- name: Let nobody in, by programs
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
  description:
    - What the switch said at the beginning, V(open) or V(closed); V(half-way) when somebody died over closing or
      opening it.
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
