# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Web services of PxPlus: each way to call them, each kind of answer, and what is no answer."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils._dest import Destination, Outcome
from ansible_collections.tokenflow.services.plugins.module_utils._errors import (
    BadAnswer,
    ConnectionFailed,
    InvalidInput,
    NotAuthorised,
    NotFound,
    RequestRefused,
    TokenflowError,
    Unavailable,
)
from ansible_collections.tokenflow.services.plugins.module_utils._services.pxplus import Call, Pxplus

from tests.unit.plugins._simulated import Simulated

SERVICE = "/services/service.pxp"
TASKS = {"qry": "tasks", "lib": "sales.en"}
FILES = {"dir": "/opt/pxplus/demo", "dict": "providex.ddf", "table": "tasks"}
LARGE = 500
MEMORY = 320 * 1024 * 1024


def rows(pxplus: Simulated, *call: Any, encoding: str | None = None, **more: Any) -> list[Any]:
    return Pxplus(pxplus.session(), encoding).rows(Call(*call, **more))[0]


def text(pxplus: Simulated, *call: Any, **more: Any) -> str:
    return Pxplus(pxplus.session()).text(Call(*call, **more))[0]


def fetched(pxplus: Simulated, path: Path, *call: Any, ignore_dates: bool = False, **more: Any) -> Outcome:
    return Pxplus(pxplus.session()).file(Call(*call, **more), Destination(str(path)), ignore_dates)[0]


def failure(pxplus: Simulated, *call: Any, role: str = "", **more: Any) -> TokenflowError:
    with pytest.raises(TokenflowError) as caught:
        Pxplus(pxplus.session(role)).text(Call(*call, **more))
    return caught.value


# Ways to call


@pytest.mark.parametrize("kind", ["csv", "json", "xml"])
def test_a_stored_query_in_each_format(pxplus: Simulated, kind: str) -> None:
    found = rows(pxplus, kind, "invoices", {"invoice": "INV-1007"})
    assert [(row["INVOICE"], row["CLIENT"]) for row in found] == [("INV-1007", "C004")]


def test_an_id_with_a_blank(pxplus: Simulated) -> None:
    assert len(rows(pxplus, "json", "CLIENT LIST")) == 8


def test_parameters_that_limit_and_sort(pxplus: Simulated) -> None:
    found = rows(pxplus, "json", "products", {"sort": "PRICE", "descending": True, "records": 2, "limit": None})
    assert [row["SKU"] for row in found] == ["1004", "1002"]


def test_arguments_in_url_order(pxplus: Simulated) -> None:
    assert [row["INVOICE"] for row in rows(pxplus, "json", "invoices", program="do", arguments=["json", "INV-1007"])] == ["INV-1007"]
    assert {row["CLIENT"] for row in rows(pxplus, "json", "invoices", program="do", arguments=["json", "", "C001"])} == {"C001"}
    assert [entry["path"] for entry in pxplus.journal("/do/")] == ["/do/invoices/json/INV-1007", "/do/invoices/json//C001"]


def test_records_in_url_order(pxplus: Simulated) -> None:
    assert rows(pxplus, "json", "records_read", program="do", arguments=["states", "ON"])[0]["stateName$"] == "Ontario"
    found = rows(pxplus, "json", "records_read", {"beg_key": "N", "end_key": "NH"}, program="do", arguments=["states"])
    assert [row["stateCode$"] for row in found] == ["NC", "ND", "NH"]


def test_an_argument_with_a_slash(pxplus: Simulated) -> None:
    assert rows(pxplus, "json", "invoices", program="do", arguments=["json", "INV/1"]) == []
    assert pxplus.journal("/do/")[0]["path"] == "/do/invoices/json/INV%2F1"


def test_parameters_after_arguments_reach_apache_only_if_it_passes_them_on(pxplus: Simulated) -> None:
    call = ("json", "records_read", {"kno": "BY_NAME"})
    for kept, found in (("kept", ["ON"]), ("dropped", [])):
        pxplus.switch(server="apache", apache_do_query=kept)
        if found:
            assert [row["stateCode$"] for row in rows(pxplus, *call, program="do", arguments=["states", "Ontario"])] == found
        else:
            assert isinstance(failure(pxplus, *call, program="do", arguments=["states", "Ontario"]), NotFound)


@pytest.mark.parametrize(
    ("kind", "program", "parameters", "begins"),
    [
        ("csv", "qry", TASKS, "TASK,TITLE"),
        ("table", "qry", {**TASKS, "header": "no", "limit": 1}, "<tr><td>T1"),
        ("html", "chart", {"data": "A=1,2", "labels": "x,y"}, "<!DOCTYPE"),
        ("csv", "rpt", {"rpt": "price_list"}, "SKU,"),
        ("html", "maint", {**FILES, "key_field": "taskId"}, "<!DOCTYPE"),
        ("json", "fileaccess", {**FILES, "key": "T1"}, "[{"),
        ("xml", "fileaccess", {**FILES, "filter": "done=0"}, "<?xml"),
    ],
)
def test_programs_without_a_stored_service(pxplus: Simulated, kind: str, program: str, parameters: dict[str, Any], begins: str) -> None:
    pxplus.switch(force_id="off", unknown_params="refused")
    assert text(pxplus, kind, None, parameters, program=program).startswith(begins)


@pytest.mark.parametrize("status", [400, 200, 401, 403, 404])
def test_a_server_that_wants_ids_says_so(pxplus: Simulated, status: int) -> None:
    pxplus.switch(force_id_status=status)
    error = failure(pxplus, "csv", None, TASKS, program="qry")
    assert (type(error), error.message) == (RequestRefused, "the server runs only services that are named by id")


def test_a_service_with_a_fixed_type(pxplus: Simulated) -> None:
    error = failure(pxplus, "csv", "tasks_csv")
    assert "does not allow the override" in error.message
    assert text(pxplus, "csv", "tasks_csv", send_type=False).startswith("TASK")
    assert "CSV" not in pxplus.journal(SERVICE)[-1]["query"]


def test_file_maintenance_by_id(pxplus: Simulated) -> None:
    pxplus.switch(unknown_params="refused")
    assert "<h1>Clients</h1>" in text(pxplus, "html", "client_panel", send_type=False)


def test_open_services_need_no_client(pxplus: Simulated) -> None:
    session = pxplus.session(client_id=None, client_secret=None)
    assert Pxplus(session).rows(Call("json", "tasks"))[0]
    with pytest.raises(NotAuthorised) as caught:
        Pxplus(session).rows(Call("json", "invoices"))
    assert "security class" in caught.value.hint and "id=invoices" in caught.value.path


# Encodings


@pytest.mark.parametrize("charset", ["windows-1252", "utf-8", "iso-8859-1"])
@pytest.mark.parametrize("in_header", [False, True])
@pytest.mark.parametrize("kind", ["csv", "json", "xml"])
def test_text_in_the_servers_encoding(pxplus: Simulated, charset: str, in_header: bool, kind: str) -> None:
    pxplus.switch(charset=charset, charset_in_header=in_header)
    assert [row["NAME"] for row in rows(pxplus, kind, "CLIENT LIST", {"country": "Ireland"})] == ["O'Brien, Sons & Co."]
    assert "Müller & Söhne GmbH" in [row["NAME"] for row in rows(pxplus, kind, "CLIENT LIST")]
    found = rows(pxplus, kind, "tasks", {"assignee": "Élodie Tremblay"}, encoding=charset)
    assert [row["TASK"] for row in found] == ["T1", "T3"]


def test_parameters_beyond_ascii_need_the_encoding(pxplus: Simulated) -> None:
    with pytest.raises(InvalidInput, match="different encodings"):
        rows(pxplus, "json", "tasks", {"assignee": "Élodie Tremblay"})
    with pytest.raises(InvalidInput, match="cannot be written in windows-1252"):
        rows(pxplus, "json", "tasks", {"assignee": "Łucja"}, encoding="windows-1252")
    with pytest.raises(InvalidInput, match="no encoding 'latin-99'"):
        rows(pxplus, "json", "tasks", encoding="latin-99")
    assert pxplus.journal(SERVICE) == []


# Errors


@pytest.mark.parametrize("server", ["ezweb", "apache"])
@pytest.mark.parametrize("style", ["page", "short", "json"])
@pytest.mark.parametrize("status", [400, 200])
@pytest.mark.parametrize("kind", ["csv", "json", "xml", "html"])
def test_a_refused_parameter_is_named(pxplus: Simulated, server: str, style: str, status: int, kind: str) -> None:
    pxplus.switch(server=server, error_html=style, override_error_status=status)
    error = failure(pxplus, kind, "tasks", {"lib": "other.en"})
    assert (type(error), error.message, error.status) == (RequestRefused, "the service's record does not allow the override of a parameter", status)
    assert "lib" in error.reply and "Allow Override" in error.hint


@pytest.mark.parametrize("style", ["page", "short", "json"])
@pytest.mark.parametrize("status", [400, 200])
def test_a_bad_parameter_is_an_error(pxplus: Simulated, style: str, status: int) -> None:
    pxplus.switch(error_html=style, bad_parameter_status=status)
    assert "PNG" in failure(pxplus, "png", "invoices").reply
    error = failure(pxplus, "html", "tasks", {"sort": "NOTHING"})
    assert "Invalid sort column NOTHING" in str(error)


@pytest.mark.parametrize("style", ["page", "short", "json"])
@pytest.mark.parametrize("status", [500, 200])
def test_a_file_that_is_gone_is_an_error(pxplus: Simulated, style: str, status: int, tmp_path: Path) -> None:
    pxplus.switch(error_html=style, runtime_error_status=status)
    kept = tmp_path / "report.pdf"
    kept.write_bytes(b"%PDF-kept")
    with pytest.raises(RequestRefused, match=r"PxPlus did not find a file.*Error #12"):
        fetched(pxplus, kept, "pdf", "old_report", send_type=False)
    assert kept.read_bytes() == b"%PDF-kept" and len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("server", ["ezweb", "apache"])
@pytest.mark.parametrize("style", ["page", "short", "json"])
def test_an_unknown_service_is_named(pxplus: Simulated, server: str, style: str) -> None:
    pxplus.switch(server=server, error_html=style)
    error = failure(pxplus, "csv", "Invoices")
    assert isinstance(error, NotFound) and "case-sensitive" in error.hint and "Invoices" in error.path


@pytest.mark.parametrize("status", [401, 404])
def test_a_wrong_security_class_is_named(pxplus: Simulated, status: int) -> None:
    pxplus.switch(class_mismatch_status=status)
    error = failure(pxplus, "html", "client_panel", role="user", send_type=False)
    assert "security class may" in error.hint and error.status == status


def test_a_refused_service_does_not_keep_others_from_a_fresh_token(pxplus: Simulated) -> None:
    session = pxplus.session("user")
    with pytest.raises(NotAuthorised):
        Pxplus(session).text(Call("html", "client_panel", send_type=False))
    pxplus.act("expire_tokens")
    assert Pxplus(pxplus.session("user", store=session.store)).rows(Call("json", "invoices"))[0]


def test_an_authorization_header_that_apache_keeps_is_named(pxplus: Simulated) -> None:
    pxplus.switch(server="apache", apache_authorization="dropped")
    error = failure(pxplus, "csv", "invoices")
    assert error.KIND == "credentials_rejected" and "The server is Apache" in error.hint and "SetEnvIf Authorization" in error.hint


@pytest.mark.parametrize("status", [200, 500, 503])
@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("Maximum number of PxPlus tasks exceeded", "all PxPlus tasks of the licence are in use"),
        ("Task limit reached", "all PxPlus tasks of the licence are in use"),
        ("The run-time limit of 30 seconds was exceeded, the process was ended", "the service ran longer than the server allows"),
    ],
)
def test_limits_of_the_server_are_named(pxplus: Simulated, status: int, said: str, message: str) -> None:
    pxplus.fault("status", SERVICE, status=status, body=f"<html><head><title>Error</title></head><body><p>{said}</p></body></html>", times=9)
    error = failure(pxplus, "csv", "invoices")
    assert (type(error), error.message) == (Unavailable, message) and said in error.reply


def test_no_answer_may_be_a_task_limit(pxplus: Simulated) -> None:
    pxplus.fault("delay", SERVICE, seconds=2)
    with pytest.raises(ConnectionFailed) as caught:
        Pxplus(pxplus.session(timeout=0.5)).text(Call("csv", "invoices"))
    assert "PxPlus tasks" in caught.value.hint


@pytest.mark.parametrize("content_types", ["typed", "alternative", "text_html"])
def test_headers_do_not_matter(pxplus: Simulated, content_types: str, tmp_path: Path) -> None:
    pxplus.switch(content_types=content_types)
    for kind in ("csv", "json", "xml", "html", "table"):
        assert text(pxplus, kind, "tasks")
    assert fetched(pxplus, tmp_path / "a.pdf", "pdf", "daily_sales").changed
    assert fetched(pxplus, tmp_path / "a.png", "png", "sales_chart").changed


def test_another_type_than_asked_for(pxplus: Simulated) -> None:
    error = failure(pxplus, "json", "tasks_csv", send_type=False)
    assert error.KIND == BadAnswer.KIND and "JSON was asked for, the service sent text that begins with b'TASK" in error.message
    pxplus.fault("body", SERVICE, body="<html><body>Welcome</body></html>")
    assert "a web page in place of CSV" in failure(pxplus, "csv", "tasks").message


def test_no_rows(pxplus: Simulated) -> None:
    pxplus.act("set_rows", query="tasks", rows=[])
    for kind in ("csv", "json", "xml"):
        for shape in ({"json_shape": "wrapped"}, {"json_shape": "single"}, {"json_shape": "list"}, {"xml_shape": "named"}):
            pxplus.switch(**shape)
            assert rows(pxplus, kind, "tasks") == []


# Files


def test_a_report_that_differs_only_in_its_date(pxplus: Simulated, tmp_path: Path) -> None:
    path = tmp_path / "sales.pdf"
    assert fetched(pxplus, path, "pdf", "daily_sales", ignore_dates=True).changed
    pxplus.advance(86400)
    assert not fetched(pxplus, path, "pdf", "daily_sales", ignore_dates=True).changed
    assert fetched(pxplus, path, "pdf", "daily_sales").changed
    pxplus.act("set_record", table="invoices", key="C001:INV-1008", record={"amount": 1})
    assert fetched(pxplus, path, "pdf", "daily_sales", ignore_dates=True).changed


@pytest.mark.parametrize("kind", ["truncate", "reset", "reset_after"])
def test_half_a_report_replaces_nothing(pxplus: Simulated, kind: str, tmp_path: Path) -> None:
    path = tmp_path / "archive.pdf"
    path.write_bytes(b"%PDF-kept")
    pxplus.switch(report_size_mb=1)
    pxplus.fault(kind, SERVICE)
    with pytest.raises(ConnectionFailed):
        fetched(pxplus, path, "pdf", "sales_archive")
    assert path.read_bytes() == b"%PDF-kept" and len(list(tmp_path.iterdir())) == 1


PROGRAM = """
import json, re, resource, sys
from pathlib import Path
from ansible_collections.tokenflow.services.plugins.module_utils._dest import Destination
from ansible_collections.tokenflow.services.plugins.module_utils._services.pxplus import Call, Pxplus
from tests.unit.plugins._simulated import Simulated
entry, ca_path, path, memory = json.loads(sys.argv[1])
session = Simulated(None, entry, ca_path).session(timeout=60)
session.token()
resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
def peak():
    # Not getrusage: its peak counts the process that started this one.
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024
told = []
for ignore_dates in (False, True):
    outcome, answer = Pxplus(session, detail=told.append).file(Call("pdf", "sales_archive"), Destination(path), ignore_dates)
    print(json.dumps([outcome.changed, answer.size, outcome.size, told[:], peak()]))
    told.clear()
"""


def test_half_a_gigabyte_in_little_memory(pxplus: Simulated, tmp_path: Path) -> None:
    pxplus.switch(report_size_mb=LARGE)
    arguments = json.dumps([pxplus.entry, pxplus.ca_path, str(tmp_path / "archive.pdf"), MEMORY])
    run = subprocess.run([sys.executable, "-c", PROGRAM, arguments], capture_output=True, text=True, timeout=120, env=_paths(), check=False)
    assert run.returncode == 0, run.stderr
    first, second = (json.loads(line) for line in run.stdout.splitlines())
    assert (first[0], second[0]) == (True, False)
    for _changed, sent, kept, told, peak in (first, second):
        assert sent >= LARGE * 1_000_000 and kept >= LARGE * 1_000_000
        assert len(told) >= 10 and told[0].startswith("sales_archive: ") and "MB in" in told[0]
        assert peak < MEMORY // 2, "it was held in memory"


def _paths() -> dict[str, str]:
    return {"PYTHONPATH": ":".join(sys.path), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}


def test_the_limit_would_be_noticed() -> None:
    """The bound of the test above holds back what reads the whole file."""
    program = f"import resource; resource.setrlimit(resource.RLIMIT_DATA, ({MEMORY}, {MEMORY})); bytearray({LARGE} * 10**6)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert "MemoryError" in run.stderr
