# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the contract leaves open about PxPlus (contract §10), as switches."""

from __future__ import annotations

from ._core import Switch
from ._pxplus_text import CHARSETS

_OFF_ON = (False, True)

SWITCHES: dict[str, Switch] = {
    "server": Switch("ezweb", ("ezweb", "apache"), "the web server: Server header, its own error pages, the rules for /do/ (§2.1)"),
    "apache_authorization": Switch("passed", ("passed", "dropped"), "with apache: whether SetEnvIf hands the Authorization header on to PxPlus (§2.1)"),
    "apache_do_query": Switch("dropped", ("dropped", "kept"), "with apache: the query after /do/…; the documented rewrite, without QSA, drops it (§2.1)"),
    "force_id": Switch("automatic", ("automatic", "on", "off"), "Force ID in URL; automatic: on once any record is secured (§4)"),
    "force_id_status": Switch(400, (400, 200, 401, 403, 404), "status of qry.pxp and its like under Force ID in URL (§4)"),
    "json_shape": Switch("list", ("list", "wrapped", "single"), "JSON of queries and reads: list of objects, under data, or one object for one row (§10.1)"),
    "json_numbers": Switch("by_field", ("by_field", "quoted", "by_look"), "JSON values without quotes: numeric fields, none, or all that look numeric (§5.4)"),
    "json_pretty": Switch(False, _OFF_ON, "JSON over several lines (§5.4)"),
    "xml_shape": Switch("root_data", ("root_data", "named"), "XML of queries and reads: as in write requests, or named after the result (§10.1)"),
    "csv_header": Switch(True, (True, False), "CSV begins with a line of column names (§10.1)"),
    "write_response": Switch("empty", ("empty", "json", 201, 204), "answer to a write: 200 empty, 200 with JSON, 201, 204 (§10.2)"),
    "write_error_status": Switch(400, (400, 200, 404, 500), "status of a refused write (§10.3)"),
    "write_atomic": Switch(False, _OFF_ON, "a refused request undoes those before it in the same POST (§10.3)"),
    "missing_fields": Switch("refused", ("refused", "blanked"), "fields left out of a write's data (§5.3)"),
    "external_key": Switch("remove", ("remove", "always"), "when a table with an external key that is also in its fields wants key in a request (§5.3)"),
    "content_types": Switch("typed", ("typed", "alternative", "text_html"), "as in §5.4; CSV text/plain and XML application/xml; all text/html (§10.4)"),
    "charset_in_header": Switch(False, _OFF_ON, "text content types name their charset (§5.4)"),
    "override_error_status": Switch(400, (400, 200), "status of the page for a refused override (§10.5)"),
    "bad_parameter_status": Switch(400, (400, 200), "status of the page for a parameter that is not valid (§10.5)"),
    "runtime_error_status": Switch(500, (500, 200), "status of the page for a PxPlus run-time error (§10.5)"),
    "error_html": Switch("page", ("page", "short", "json"), "errors of services: a page, a fragment, or the site's own JSON by %exit_include_html (§10.5)"),
    "token_error_mapping": Switch("mixed", ("mixed", "all_400", "all_401"), "mixed: 401 invalid_client, 400 unsupported_grant_type (§10.6)"),
    "www_authenticate": Switch(False, _OFF_ON, "WWW-Authenticate beside a 401 of the token endpoint (§10.6)"),
    "no_store": Switch(False, _OFF_ON, "Cache-Control and Pragma on the token endpoint (§10.6)"),
    "body_credentials": Switch("rejected", ("rejected", "accepted"), "client_id and client_secret in the token request's body (§10.7)"),
    "token_get": Switch("refused", ("refused", "accepted"), "GET on the token endpoint with the grant in the query (§10.7)"),
    "class_mismatch_status": Switch(401, (401, 404), "a valid token of the wrong security class (§10.8)"),
    "tokens_survive_rotation": Switch(True, (True, False), "tokens stay valid when the client's secret changes (§10.9)"),
    "do_methods": Switch("get_post", ("get_post", "any"), "methods that /do/ takes (§10.10)"),
    "enforce_method": Switch(False, _OFF_ON, "File Access reads only by GET and writes only by POST (§10.10)"),
    "unknown_params": Switch("ignored", ("ignored", "refused"), "parameters that a record does not know (§10.11)"),
    "service_id_case_sensitive": Switch(True, (True, False), "whether the case of a service id counts (§10.12)"),
    "charset": Switch("windows-1252", CHARSETS, "bytes of all text, in and out (§10.13)"),
    "head_options": Switch(False, _OFF_ON, "HEAD and OPTIONS are served (§10.14)"),
    "missing_key": Switch(404, (404, 200), "reading a key that is not there: 404, or 200 with an empty list (§10.16)"),
    "report_size_mb": Switch(10.0, (), "size of the report sales_archive in megabytes"),
}
