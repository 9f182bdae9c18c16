# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The PxPlus modules in each position of each switch of the simulator: the right result or a clear error, and ``changed`` as the table says."""

from __future__ import annotations

import types
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.tokenflow.services.plugins.module_utils._errors import CredentialsRejected, TokenflowError
from ansible_collections.tokenflow.services.plugins.module_utils._module import Invocation
from ansible_collections.tokenflow.services.plugins.module_utils._secrets import Secrets
from ansible_collections.tokenflow.services.plugins.modules import pxplus_record, pxplus_record_info, pxplus_service

from tests.simulators._pxplus_switches import SWITCHES
from tests.unit.plugins._simulated import Simulated

ANY = {"read_service": "records_read", "write_service": "records_write", "table": "states", "key_fields": ["stateCode$"]}
YUKON = {"stateCode$": "YÜ", "stateName$": "Yukón", "country$": "Canada", "taxRate": 5}
COLUMNS = ["INVOICE", "CLIENT", "NAME", "INV_DATE", "AMOUNT", "PAID"]
REFUSED = [{"key": "AB", "fields": {"taxRate": 6}}, {"key": "ZZ", "fields": {"taxRate": 1}}, {"key": "BC", "state": "absent"}]
Position = dict[str, Any]


def positions() -> list[Position]:
    """The defaults, and every other position by itself; those of Apache with Apache."""
    found: list[Position] = [{}]
    for name, switch in SWITCHES.items():
        others = [value for value in switch.choices if value != switch.default] or ([3.0] if not switch.choices else [])
        found.extend({"server": "apache", name: value} if name.startswith("apache_") else {name: value} for value in others)
    return [position for position in found if position.get("apache_authorization") != "dropped"]


POSITIONS = pytest.mark.parametrize("position", positions(), ids=lambda position: ",".join(f"{name}={value}" for name, value in position.items()) or "defaults")


class Client:
    """Runs modules against the simulator in one position; their tasks share a login."""

    def __init__(self, pxplus: Simulated, position: Position) -> None:
        pxplus.switch(**position)
        self.pxplus, self.position = pxplus, position
        self.encoding = position.get("charset", "windows-1252")
        self._store = pxplus.session().store

    def run(self, module: types.ModuleType, role: str = "", **options: Any) -> dict[str, Any]:
        definition = module.DEFINITION
        validation = ArgumentSpecValidator(definition.argument_spec(), **definition.constraints).validate({"base_url": "https://unused.example", **options})
        assert not validation.errors.errors, validation.errors.msg
        session = self.pxplus.session(role, store=None if role else self._store)
        return dict(module.run(Invocation(validation.validated_parameters, session, Secrets())))

    def service(self, service_id: str | None, kind: str, **options: Any) -> dict[str, Any]:
        return self.run(pxplus_service, service_id=service_id, type=kind, **options)

    def failed(self, *said: str, **options: Any) -> None:
        with pytest.raises(TokenflowError) as caught:
            self.run(pxplus_service, **options)
        assert [text for text in said if text not in str(caught.value)] == [], str(caught.value)

    def table(self) -> dict[str, Any]:
        return dict(self.pxplus.act("get_table", table="states"))


@POSITIONS
def test_services(pxplus: Simulated, position: Position, tmp_path: Path) -> None:
    client = Client(pxplus, position)
    columns = {"columns": COLUMNS} if position.get("csv_header") is False else {}
    rows = client.service("invoices", "csv", parameters={"invoice": "INV-1007"}, **columns)["rows"]
    assert [(row["INVOICE"], row["CLIENT"]) for row in rows] == [("INV-1007", "C004")]
    rows = client.service("tasks", "xml", encoding=client.encoding, parameters={"assignee": "Élodie Tremblay"})["rows"]
    assert [row["TASK"] for row in rows] == ["T1", "T3"]
    rows = client.service("invoices", "json", program="do", arguments=["json", "INV-1007"])["rows"]
    assert [row["INVOICE"] for row in rows] == ["INV-1007"]
    page = client.service("tasks", "html")["content"]
    assert "<h1>Tasks</h1>" in page and "Élodie" in page
    report = {"dest": str(tmp_path / "report.pdf"), "compare": "content"}
    assert [client.service("daily_sales", "pdf", **report)["changed"] for _run in range(2)] == [True, False]
    archive = {"dest": str(tmp_path / "archive.pdf"), "compare": "content"}
    if "report_size_mb" in position:
        result = client.service("sales_archive", "pdf", **archive)
        assert result["changed"] and 3_000_000 <= result["size"] < 3_500_000


@POSITIONS
def test_errors(pxplus: Simulated, position: Position, tmp_path: Path) -> None:
    client = Client(pxplus, position)
    ad_hoc = {"program": "qry", "type": "json", "parameters": {"qry": "tasks", "lib": "sales.en"}}
    if position.get("force_id") == "off":
        assert len(client.run(pxplus_service, **ad_hoc)["rows"]) == 4
    else:
        client.failed("named by id", **ad_hoc)
    client.failed("does not allow the override", "lib", service_id="tasks", type="html", parameters={"lib": "other.en"})
    colour = {"service_id": "tasks", "type": "json", "parameters": {"colour": "red"}}
    if position.get("unknown_params") == "refused":
        client.failed("colour", **colour)
    else:
        assert len(client.run(pxplus_service, **colour)["rows"]) == 4
    if position.get("service_id_case_sensitive") is False:
        assert len(client.service("Tasks", "json")["rows"]) == 4
    else:
        client.failed("id=Tasks", "case-sensitive", service_id="Tasks", type="json")
    client.failed("PxPlus did not find a file", "Error #12", service_id="old_report", type="pdf", send_type=False, dest=str(tmp_path / "gone.pdf"))
    client.failed("Invalid sort column NOTHING", service_id="tasks", type="html", parameters={"sort": "NOTHING"})
    client.failed("security class may", "id=client_panel", role="user", service_id="client_panel", type="html", send_type=False)
    assert client.run(pxplus_record_info, read_service="states_read", key="ZZ")["records"] == []
    assert list(tmp_path.iterdir()) == []


@POSITIONS
@pytest.mark.parametrize("kind", ["json", "xml"])
def test_records(pxplus: Simulated, position: Position, kind: str) -> None:
    client = Client(pxplus, position)
    start = client.table()
    options = {**ANY, "encoding": client.encoding, "format": kind}
    steps: tuple[tuple[dict[str, Any], bool, dict[str, Any] | None], ...] = (
        ({"fields": YUKON}, True, YUKON),
        ({"fields": YUKON}, False, YUKON),
        ({"key": "YÜ", "fields": {"taxRate": 5.5}}, True, {**YUKON, "taxRate": 5.5}),
        ({"key": "YÜ", "state": "absent"}, True, None),
    )
    for wanted, changed, record in steps:
        assert client.run(pxplus_record, **options, **wanted)["changed"] is changed
        assert client.table() == {**start, **({"YÜ": record} if record else {})}
    written = not position.get("write_atomic")
    if position.get("missing_fields") == "blanked":
        result = client.run(pxplus_record, **options, records=REFUSED)
        assert [entry["action"] for entry in result["records"]] == ["update", "insert", "remove"]
        assert client.table()["ZZ"]["stateName$"] == "" and "BC" not in client.table()
    else:
        with pytest.raises(TokenflowError, match=f"{int(written)} of 3 records were written") as caught:
            client.run(pxplus_record, **options, records=REFUSED)
        assert "Field(s) missing" in str(caught.value)
        assert [entry["changed"] for entry in caught.value.details["records"]] == [written, False, False]
        assert caught.value.details["changed"] is (client.table() != start)
    assert client.table()["AB"]["taxRate"] == (6 if written else 5)
    assert client.run(pxplus_record, **options, key="AB", fields={"taxRate": 6})["changed"] is not written


def test_an_authorization_header_that_is_dropped(pxplus: Simulated) -> None:
    client = Client(pxplus, {"server": "apache", "apache_authorization": "dropped"})
    start = client.table()
    for call in (lambda: client.service("invoices", "csv"), lambda: client.run(pxplus_record, **ANY, key="AB", state="absent")):
        with pytest.raises(CredentialsRejected, match="The server is Apache") as caught:
            call()
        assert "SetEnvIf Authorization" in caught.value.hint
    assert client.table() == start
