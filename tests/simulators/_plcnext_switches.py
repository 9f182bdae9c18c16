# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The switches of the PLCnext simulator: one for each thing that the contract leaves open (contract §10)."""

from __future__ import annotations

from ._core import Switch

SWITCHES = {
    # Transport, versions and states.
    "api_version": Switch("1.8.0.0", about="apiVersion of every body; the service version is made of its first two parts"),
    "unknown_version": Switch("not_found", ("not_found", "accept"), "a version in the URI other than api and v1.0 to v1.13"),
    "auth_alias": Switch(True, (True, False), "/_pxc_api/api/auth/... works like /_pxc_api/auth/..."),
    "unsupported_method": Switch(405, (405, 404, 400), "status for a method that an endpoint does not have"),
    "max_body_bytes": Switch(400 * 1024 * 1024, about="a larger request body is answered with 413"),
    "max_paths": Switch(0, about="most variables in one read or write, beyond it 400 variables/invalidRequest; 0: no limit"),
    "down_status": Switch(502, (502, 503), "the web server's own answer while the eHMI component is down"),
    "unloaded_status": Switch(404, (404, 403, 408, 410), "status of project/unloaded while a project is being loaded"),
    "loading_answer": Switch(503, (503, 302), "/ehmi files while a project is being loaded; 302 leads to /redirect"),
    "no_project_answer": Switch(404, (404, 302), "/ehmi files without an HMI project; 302 leads to /redirect"),
    "download_drops_tokens": Switch(False, (False, True), "a project download also withdraws all access tokens"),
    # Authentication.
    "authentication": Switch(True, (True, False), "enforcement of user levels; false: no token is needed"),
    "auth_without_enforcement": Switch("answer", ("answer", "not_found"), "the auth endpoints when authentication is false"),
    "code_ip_bound": Switch(True, (True, False), "an auth code is good only for the address that asked for it"),
    "code_use": Switch("until_success", ("until_success", "single"), "how long an auth code is good; single: one attempt, also a failed one"),
    "code_per_request": Switch("new", ("new", "same"), "a second auth-token request from the same address, while the first code lives"),
    "access_state": Switch("echo", ("echo", "code", "omit"), "state of the access-token answer; echo: the request's, or the code if it had none"),
    "token_digits": Switch(32, (32, 16), "hexadecimal digits of an access token"),
    "token_lifetime": Switch(600, about="seconds that an access token lives"),
    "token_expiry": Switch(
        "absolute", ("absolute", "sliding", "session_timeout"), "counted from login, from the last use, or idle time against session_timeout"
    ),
    "parallel_tokens": Switch(True, (True, False), "a user's earlier tokens stay good after a new login"),
    "token_ip_bound": Switch(True, (True, False), "an access token is good only for the address that logged in"),
    "accept_bare_token": Switch(False, (False, True), "Authorization may carry the token without Bearer"),
    "lockout_after": Switch(2, about="failed logins in a row after which a user is blocked for a while, also with the right password; 0: never"),
    "lockout_seconds": Switch(10, about="first block of a user; every further attempt makes it longer by as much"),
    "wrong_password_domain": Switch("authorization", about="domain of the reason wrongPassword"),
    "viewer_write": Switch(401, (401, 403), "a user with EHmiViewer only writes: 401 or 403 authorization/accessDenied"),
    # Sessions.
    "sessions_need_token": Switch(False, (False, True), "the session endpoints need a token"),
    "session_timeout": Switch(5000, about="the project's Session Timeout in ms"),
    "session_timeout_type": Switch("string", ("string", "number"), "JSON type of timeout in the answer to a create"),
    "session_limit": Switch(256, about="live sessions that the controller holds"),
    "session_full_status": Switch(503, (503, 403, 404), "status of sessions/serviceUnavailable when the table is full"),
    "session_put": Switch("refuse", ("refuse", "refresh"), "PUT on a session"),
    "timestamps": Switch("epoch", ("epoch", "uptime"), "ms since 1970 or since the controller's start, in ids and reports"),
    "report_page": Switch(0, about="entries on a page of a report; 0: all, next is null"),
    # Groups.
    "group_dedup": Switch(True, (True, False), "the same list registered again gets the same id"),
    "group_lifetime": Switch(3600, about="seconds after its last use at which a group vanishes; 0: never"),
    "group_ends_with_session": Switch(True, (True, False), "a group vanishes with the last of the sessions that registered it"),
    "group_limit": Switch(0, about="groups that the controller holds, beyond it 400 groups/invalidRequest; 0: no limit"),
    "group_variable_limit": Switch(0, about="variables of one group, beyond it 400 groups/invalidRequest; 0: no limit"),
    "group_statistics": Switch("string", ("string", "number"), "JSON type of timestamps, counts and times in the groups report"),
    "group_variable_count": Switch("number", ("number", "string"), "JSON type of variableCount in the groups report"),
    "uri_scheme": Switch(False, (False, True), "uri in the reports begins with https://"),
    # Variables.
    "bad_names": Switch("refuse", ("refuse", "partial"), "one unknown name in a read or write: 404 for all, or only that entry without a value"),
    "wrong_value": Switch("refuse", ("refuse", "partial"), "one wrong type or range in a write: 400 for all, or only that entry without a value"),
    "read_only_write": Switch("refuse", ("refuse", "partial"), "one read-only tag in a write: 400 for all, or only that entry without a value"),
    "long_string": Switch("refuse", ("refuse", "partial", "truncate"), "a STRING value that is too long"),
    "missing_value": Switch("null", ("null", "absent"), "how an entry of a partial write shows that it was not written"),
    "write_atomicity": Switch("until_error", ("until_error", "atomic"), "a refused write: the entries before the bad one are written, or none"),
    "whole_writes": Switch(False, (False, True), "whole arrays, ranges of elements and whole structures can be written"),
    "source_path": Switch("prefixed", ("prefixed", "full"), "whether pathPrefix also goes before the source of valueType Variable"),
    "integral_real": Switch("0", ("0", "0.0"), "form of a REAL or LREAL without a fraction"),
    "non_finite": Switch("null", ("null", "string", "bare"), 'NaN and infinities: null, "NaN" and "Infinity", or the same unquoted'),
    "string64": Switch(False, (False, True), "LINT, ULINT and LWORD are strings"),
    "long_types": Switch("string", ("string", "number"), "LTIME, LDATE, LTIME_OF_DAY and LDATE_AND_TIME in ns"),
    "case_sensitive": Switch(True, (True, False), "variable names must be written as declared"),
    "duplicates": Switch("refuse", ("refuse", "repeat"), "the same path twice in one request: 400, or one entry each (the last write stays)"),
    "variable_uri": Switch(False, (False, True), "GET on the uri of a variable reads it; else 404"),
}
