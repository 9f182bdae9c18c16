# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the contract leaves open (contract §10, and the UNKNOWN facts of the other sections), and how long things take."""

from __future__ import annotations

from ._core import Switch

SWITCHES = {
    "refresh_field": Switch("any", ("any", "raw", "token", "accessToken", "access_token"), "how the live token must stand in a refresh's body"),
    "refresh_old_token": Switch("dies", ("dies", "valid"), "the old token after a refresh; the lock moves to the new one either way"),
    "refresh_bad_token": Switch(400, (400, "new_login"), "a refresh with an expired, unknown or foreign token in the body"),
    "token_lifetime": Switch("absolute", ("absolute", "sliding"), "600 s from issue, or from the last use"),
    "get_token": Switch(405, (405, 401), "GET auth/token"),
    "relock": Switch(204, (204, 423), "POST lock by the token that holds it"),
    "edits_at_lock_loss": Switch("kept", ("kept", "rolled_back"), "unsaved edits when the lock goes without unlock"),
    "after_restart": Switch("lost", ("lost", "kept"), "lock and tokens after reboot or switchover"),
    "missing_element": Switch(404, (404, 200), "GET with all keys of an element that does not exist (200: empty data)"),
    "empty_list": Switch(200, (200, 404), "GET without keys when there is no element (an absent singleton is 404 either way)"),
    "partial_keys": Switch(400, (400, "filter"), "GET with some of the keys"),
    "list_keys": Switch("repeated", ("repeated", "comma", "space"), "how a key with several values stands in a query (local-policy)"),
    "unknown_type": Switch(404, (404, 400), "POST or PUT of an element type that does not exist"),
    "put_missing": Switch(404, (404, 400), "PUT of an element that does not exist"),
    "subelement_put": Switch("merge_by_key", ("merge_by_key", "replace_list"), "what PUT does with sub-elements"),
    "delete_referenced": Switch(204, (204, 409), "DELETE of an element that others refer to (204: verify then fails)"),
    "async_busy": Switch(409, (409, "accept"), "an asynchronous operation while one runs (accept: the newest is shown)"),
    "async_initial": Switch(200, (200, 404), "asyncstatus before the first operation (200: empty data)"),
    "save_without_changes": Switch("success", ("success", "fail"), "save when nothing has changed"),
    "activate_without_save": Switch("success", ("success", "fail"), "activate while edits are unsaved (success: activates what was saved last)"),
    "content_type_check": Switch("off", ("off", "strict"), "whether POST and PUT need Content-Type application/xml (415)"),
    "error_nesting": Switch("messages/errorMessage", ("messages/errorMessage", "messages/message/errorMessage"), "where the error text stands"),
    "supportedversions_without_token": Switch(401, (401, 200), "GET supportedversions without a token"),
    "extra_attributes": Switch(False, (False, True), "answers also have last-modified-by and last-modified-date"),
    "subelement_metadata": Switch("nested", ("nested", "absent"), "sub-element types in elementTypes/metadata (TYPE/SUBTYPE can be asked for either way)"),
    "paging": Switch("supported", ("supported", "ignored", "refused"), "offset and maxElements in a list GET"),
    "ntp_type": Switch("ntp-config", ("ntp-config", "ntp-sync"), "name of the element type of time servers"),
    "access_control_destination_key": Switch(False, (False, True), "whether destination-address is a key of access-control"),
    "uptime_tag": Switch("uptimeSeconds", ("uptimeSeconds", "upTime"), "tag of the uptime in system/status"),
    "import_verb": Switch("PUT", ("PUT", "POST"), "verb of certificates/import (POST: PUT answers that the body was not found)"),
    "switchover_status": Switch(204, (204, 202), "answer to POST switchover"),
    "latest_version": Switch("v1.2", ("v1.2", "v1.1", "v1.0"), "newest API version of the release"),
    "redundancy": Switch("standalone", ("standalone", "ha"), "a single system or one of a redundant pair"),
    "while_down": Switch("reset", ("reset", 503), "what a client meets while the system restarts"),
    "job_seconds": Switch(2.0, about="how long an asynchronous operation takes"),
    "reboot_delay_seconds": Switch(5.0, about="from POST reboot until the service is gone"),
    "reboot_seconds": Switch(120.0, about="how long the service is gone after a reboot"),
    "switchover_seconds": Switch(5.0, about="how long the service is gone after a switchover"),
}
