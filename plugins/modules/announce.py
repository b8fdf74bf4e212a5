#!/usr/bin/python
# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later


from __future__ import annotations

DOCUMENTATION = r"""
module: announce
short_description: Tell people by several channels at once, within a few seconds
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Tells by a webhook, by mail, through Alertmanager, as an annotation in Grafana and on status pages. All are told
    at the same time, so one that hangs keeps none from the others.
  - Never fails for the sake of a channel. Who was not told, and why, is in the result, without an address, as that of a
    webhook is a password.
  - In texts, in addresses and in bodies C({name}) stands for a value. C({event}), C({text}), C({subject}), C({at}) (ISO
    8601), C({time}) (Unix time) and C({time_ms}) are always there, O(values) has the others.
  - Needs no library. TLS is verified, for mail too.
notes:
  - Runs inside the controller's process, whatever host the task is for, and needs no connection. Use it with
    C(run_once), and with C(no_log), as the address of a webhook is a password.
extends_documentation_fragment:
  - day2.ops.attributes
attributes:
  check_mode:
    support: full
    details:
      - In check mode nobody is told; RV(wrong) says which channels could not be used.
  diff_mode:
    support: none
  idempotent:
    support: none
    description: Each run tells again.
options:
  text:
    description: What to tell. The default where O(to) has a template for the event.
    type: str
    required: true
  subject:
    description: The subject of a mail. The first line of what is told without it.
    type: str
    default: ""
  event:
    description: What has happened, which decides on the template and on the request to a status page.
    type: str
    choices: [message, begin, end, failed, aborted, incident, result]
    default: message
  values:
    description:
      - What placeholders stand for, such as C(service) and C(reason). The end of a region in Grafana is found by
        C(window), its beginning is C(began_ms), where nothing was kept.
    type: dict
    default: {}
  over:
    description:
      - Whether what began is over, so that the region in Grafana ends and a status page gets its C(end). Without it
        that is so for V(end), V(failed) and V(aborted).
    type: bool
  to:
    description:
      - Whom to tell, as the variable C(day2_announce) has it.
    type: dict
    default: {}
    suboptions:
      webhook_url:
        description: Takes C({"text"}) as JSON, as Slack's incoming webhooks do.
        type: str
      webhook:
        description:
          - More for the webhook. C(blocks) are Slack's blocks, a list or for each event a list; C(headers),
            C(validate_certs) and C(ca_certs).
        type: dict
      mail:
        description:
          - How mail is sent. C(to) (a list), C(sender) (V(root)), C(host) (V(localhost)), C(port) (V(25)), C(secure)
            (V(starttls), V(always), V(try) or V(never)), C(username), C(password), C(validate_certs) and C(ca_certs).
        type: dict
      alertmanager_url:
        description: Alertmanager's address. It is told of messages with O(alert).
        type: str
      grafana:
        description:
          - Where to annotate. C(url), C(token) or C(url_username) and C(url_password), C(tags), C(dashboard_uid) and
            C(panel_id) to show it there only, C(validate_certs) and C(ca_certs).
        type: dict
      status_pages:
        description:
          - Requests for events. C(name), what logs in (C(headers), C(token) or C(url_username) and C(url_password)),
            C(validate_certs), C(ca_certs), and for each event that is told, under its name, C(url), C(method)
            (V(POST)), C(body) and C(id_path), which leads to the id in the answer. C({id}) is that id from then on.
            C(update) is for what follows the first message of an incident.
        type: list
        elements: dict
      templates:
        description: For each event the text that is told instead of O(text). A broken one is told of in RV(problems).
        type: dict
      timeout:
        description: How long it may take to tell all, in seconds or such as V(5s).
        type: raw
        default: 5
  alert:
    description:
      - The alert for Alertmanager. C(labels), of which C(alertname) is needed, C(annotations), C(firing) (V(true)),
        and C(hours) (V(25)) after which it ends by itself.
    type: dict
    default: {}
  kept:
    description: What an earlier message returned in RV(kept), so that what it opened is ended.
    type: dict
    default: {}
seealso:
  - module: day2.ops.alert_silence
"""

EXAMPLES = r"""
- name: Say that it begins
  day2.ops.announce:
    text: Maintenance of shop begins
    event: begin
    to:
      webhook_url: "{{ lookup('ansible.builtin.env', 'WEBHOOK_URL') }}"
      grafana:
        url: http://127.0.0.1:3000
        token: "{{ lookup('ansible.builtin.env', 'GRAFANA_TOKEN') }}"
      templates:
        begin: "{service} is in maintenance from {at} on: {reason}"
    values:
      service: shop
      reason: ticket 4711
  run_once: true
  no_log: true
  register: begun

- name: Say that it has ended
  day2.ops.announce:
    text: Maintenance of shop has ended
    event: end
    to:
      grafana:
        url: http://127.0.0.1:3000
        token: "{{ lookup('ansible.builtin.env', 'GRAFANA_TOKEN') }}"
    kept: "{{ begun.kept }}"
  run_once: true
  no_log: true
"""

RETURN = r"""
told:
  description: The channels that were told.
  returned: success
  type: list
  elements: str
not_told:
  description: The channels that were not told, each with the reason in brackets.
  returned: success
  type: list
  elements: str
  sample: [webhook (status 500)]
wrong:
  description: The part of RV(not_told) that is described in a way that no message can go out by.
  returned: success
  type: list
  elements: str
problems:
  description: What was wrong although it was told, such as a template that is broken.
  returned: success
  type: list
  elements: str
kept:
  description: What the next message needs to end what this one opened, by the channels' names. No secret is in it.
  returned: success
  type: dict
  sample: {Grafana: {id: 12, time: 1767323045000, text: Maintenance of shop begins}}
"""
