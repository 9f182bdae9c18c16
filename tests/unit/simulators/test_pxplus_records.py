# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The PxPlus simulator: File Access and the expressions of its filters."""

from __future__ import annotations

import math
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.simulators._pxplus_errors import ServiceFailure
from tests.simulators._pxplus_expression import MAXIMUM_LENGTH, Value, compile_expression
from tests.unit.simulators._pxplus_site import Site, decoded, is_page

AY = {"stateCode$": "AY", "stateName$": "Anywhere", "country$": "Canada", "taxRate": "6"}
FREE = "/services/fileaccess.pxp?dir=%2Fopt%2Fpxplus%2Fdemo&dict=providex.ddf"


def names(site: Site, **parameters: Any) -> list[str]:
    return [record["stateCode$"] for record in decoded(site.get("states_read", secured=True, **parameters))]


def test_read_by_key() -> None:
    site = Site()
    answer = site.http.get("/do/read/states/ON")
    assert answer.content == b'[{"country$":"Canada","stateCode$":"ON","stateName$":"Ontario","taxRate":13}]'
    assert answer.headers["content-type"] == "application/json"
    quebec = site.get("read", table="states", key="QC", type="CSV").content
    assert quebec == "stateCode$,stateName$,country$,taxRate\r\nQC,Québec,Canada,14.975\r\n".encode("cp1252")


def test_read_by_another_key_as_xml() -> None:
    site = Site()
    answer = site.http.get("/services/service.pxp?id=read&table=states&kno=%231&key=New%20York&type=XML")
    row = ElementTree.fromstring(answer.content).find("data")
    assert row is not None and [(item.tag, item.text) for item in row] == [
        ("stateCode", "NY"), ("stateName", "New York"), ("country", "United States"), ("taxRate", "4")
    ]  # fmt: skip
    assert names(site, kno="BY_NAME", key="Ontario") == names(site, kno="by_name", key="Ontario") == names(site, kno="#0", key="ON") == ["ON"]
    for wrong in ("#2", "#x", "NOSUCH", "#"):
        assert is_page(site.get("read", table="states", kno=wrong, key="ON"), 400, "Invalid key")


def test_read_ranges_and_filters() -> None:
    site = Site()
    assert names(site, beg_key="NC", end_key="NY") == ["NC", "ND", "NH", "NJ", "NS", "NY"]
    assert names(site, beg_key="NC", end_key="NY", filter=" taxrate<5") == ["NC", "NH", "NY"]
    assert names(site, beg_key="TX") == ["TX"]
    assert names(site, end_key="BC") == ["AB", "BC"]
    assert names(site, filter='country$="Germany"') == ["BW", "TH"]
    quebec = site.http.get("/do/read/states/?filter=stateName%24%3D%22Qu%E9bec%22+or+taxRate%3E%3D19+and+pos%28%22Th%22%3Dstatename%24%29")
    assert [record["stateCode$"] for record in decoded(quebec)] == ["QC", "TH"]
    assert names(site, kno="#1", beg_key="N", end_key="O", filter="1") == ["NH", "NJ", "NY", "NC", "ND", "NS"]
    assert names(site, filter="nosuch>1") == [], "an undefined variable is zero"
    assert names(site, beg_key="ZZ") == []


def test_read_with_a_key_of_two_segments() -> None:
    site = Site()

    def keys(**parameters: Any) -> list[str]:
        return [f"{record['clientId$']}:{record['invoiceNo$']}" for record in decoded(site.get("read", table="invoices", **parameters))]

    assert keys(key="C001:INV-1008") == ["C001:INV-1008"]
    assert site.http.get("/do/read/invoices/C001:INV-1008").status_code == 200
    assert site.get("read", table="invoices", key="C001").status_code == 404
    assert keys(beg_key="C001:INV-1016", end_key="C001:INV-1024") == ["C001:INV-1016", "C001:INV-1024"]
    assert keys(beg_key="C001", end_key="C001") == [f"C001:INV-{number}" for number in (1008, 1016, 1024, 1032, 1040)]
    assert keys(kno="BY_DATE", beg_key="2025-02-02", end_key="2025-02-02") == ["C001:INV-1008"]


def test_what_a_read_refuses() -> None:
    site = Site()
    assert is_page(site.get("read", table="states"), 400, "One of key, beg_key, end_key or filter is required")
    assert is_page(site.get("read", table="states", key="ON", filter="1"), 400, "filter")
    assert is_page(site.get("read", table="states", key="ON", beg_key="A"), 400, "beg_key")
    assert is_page(site.get("read", key="ON"), 400, "table")
    assert is_page(site.get("read", table="nosuch", key="ON"), 500, "Error #12")
    assert is_page(site.get("read", table="states", key="ON", type="HTML"), 400, "JSON, XML, CSV")
    assert is_page(site.get("read", table="states", filter="taxRate<"), 500, "Error #20")
    assert is_page(site.get("read", table="states", filter='taxRate<"5"'), 500, "Error #26")
    assert is_page(site.get("states_read", secured=True, table="clients", key="C001"), 400, "does not allow the override", "table")
    assert is_page(site.get("read", table="states", key="ON", function="write"), 400, "function")


def test_switch_missing_key() -> None:
    site = Site()
    assert is_page(site.get("read", table="states", key="ZZ"), 404, "Error #11")
    site.simulator.switch(missing_key=200)
    assert decoded(site.get("read", table="states", key="ZZ")) == []
    assert site.get("read", table="states", key="ZZ", type="CSV").text == "stateCode$,stateName$,country$,taxRate\r\n"
    assert list(ElementTree.fromstring(site.get("read", table="states", key="ZZ", type="XML").content)) == []
    assert site.get("nosuch", key="ZZ").status_code == 404
    assert site.get("read", table="nosuch", key="ZZ").status_code == 500


def test_json_shape_and_numbers_of_reads() -> None:
    assert decoded(Site(json_shape="single", json_numbers="quoted").get("read", table="states", key="TX"))["taxRate"] == "6.25"
    assert len(decoded(Site(json_shape="wrapped").get("read", table="states", filter="1"))["data"]) == 14
    product = decoded(Site(json_numbers="by_look").get("read", table="products", key="1001"))[0]
    assert product["sku$"] == 1001


def test_ad_hoc_read_and_write() -> None:
    site = Site(force_id="off")
    assert site.http.get(f"{FREE}&function=read&table=states&key=ON").status_code == 200
    assert site.http.get(f"{FREE}&FUNCTION=Read&Table=states&Key=ON").status_code == 200
    answer = site.http.post(f"{FREE}&function=write", json={"requests": [{"type": "insert", "table": "states", "data": [AY]}]})
    assert (answer.status_code, answer.content) == (200, b"")
    assert site.simulator.get_table("states")["AY"]["taxRate"] == 6
    assert is_page(site.http.get(f"{FREE}&table=states&key=ON"), 400, "function")
    assert is_page(site.http.get(FREE.replace("providex", "other") + "&function=read&table=states&key=ON"), 500, "Error #12")
    assert is_page(site.http.get(FREE.replace("demo", "other") + "&function=read&table=states&key=ON"), 500, "Error #12")
    site.simulator.switch(unknown_params="refused")
    assert is_page(site.http.get(f"{FREE}&function=read&table=states&key=ON&colour=red"), 400, "colour")


def test_the_documented_write_in_json() -> None:
    site = Site()
    requests = [
        {"type": "insert", "table": "states", "data": [AY]},
        {"type": "update", "table": "states", "data": [{**AY, "taxRate": 7}]},
        {"type": "insert", "table": "states", "data": [{**AY, "stateCode$": "AW"}, {**AY, "stateCode$": "AX", "stateName$": "Évry"}]},
        {"type": "Remove", "table": "states", "key": "AW"},
    ]
    answer = site.post(requests)
    assert (answer.status_code, answer.content) == (200, b"")
    table = site.simulator.get_table("states")
    assert table["AY"]["taxRate"] == 7 and "AW" not in table and table["AX"]["stateName$"] == "Évry"


def test_the_documented_write_in_xml() -> None:
    site = Site()
    record = "<stateCode>ON</stateCode><stateName>Ontario &amp; more é</stateName><country>Canada</country><taxRate>14</taxRate>"
    body = f"<root><requests><request><type>update</type><table>states</table><key>ON</key><data>{record}</data></request>"
    body += "<request><type>remove</type><table>states</table><key>TX</key></request></requests></root>"
    path = "/services/service.pxp?id=states_write"
    for media, content in (("text/xml", body.encode()), ("application/xml; charset=utf-8", body.encode())):
        answer = site.http.post(path, content=content, headers={**site.bearer(), "Content-Type": media})
        assert answer.status_code == (200 if media == "text/xml" else 400), "the second time TX is gone"
    table = site.simulator.get_table("states")
    assert table["ON"] == {"stateCode$": "ON", "stateName$": "Ontario & more é", "country$": "Canada", "taxRate": 14}
    assert "TX" not in table
    declared = '<?xml version="1.0" encoding="windows-1252"?>' + body.replace("TX", "NY")
    assert site.http.post(path, content=declared.encode("cp1252"), headers={**site.bearer(), "Content-Type": "text/xml"}).status_code == 200
    bomb = '<!DOCTYPE root [<!ENTITY a "b">]>' + body
    for wrong in (bomb, "<root><requests/></root>", "<other/>", "<root", ""):
        assert is_page(site.http.post(path, content=wrong.encode(), headers={**site.bearer(), "Content-Type": "text/xml"}), 400)


def test_json_bodies_are_bytes_of_the_charset() -> None:
    site = Site()
    body = '{"requests":[{"type":"update","table":"states","data":[{"stateCode$":"QC","stateName$":"Québec","country$":"C","taxRate":1}]}]}'

    def write(content: bytes) -> str:
        headers = {**site.bearer(), "Content-Type": "application/json"}
        assert site.http.post("/services/service.pxp?id=write", content=content, headers=headers).status_code == 200
        return str(site.simulator.get_table("states")["QC"]["stateName$"])

    assert write(body.encode("cp1252")) == "Québec"
    assert write(body.encode("utf-8")) == "QuÃ©bec"
    assert write(body.replace("é", "\\u00e9").encode("ascii")) == "Québec"
    assert write(body.replace("é", "\\u20ac\\u6f22").encode("ascii")) == "Qu€?bec", "what the charset does not have is lost"
    assert "Qu€?bec".encode("cp1252") in site.http.get("/do/read/states/QC").content
    site.simulator.switch(charset="utf-8")
    assert write(body.encode("utf-8")) == "Québec"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[",
        b"[]",
        b"{}",
        b'{"requests":[]}',
        b'{"requests":{}}',
        b'{"requests":[1]}',
        b'{"requests":[{"type":"upsert","table":"states"}]}',
        b'{"requests":[{"type":"remove","key":"ON"}]}',
        b'{"requests":[{"type":"remove","table":"states","key":7}]}',
        b'{"requests":[{"type":"insert","table":"states","data":{}}]}',
        b'{"requests":[{"type":"insert","table":"states","data":["x"]}]}',
    ],
)
def test_malformed_writes_are_refused(body: bytes) -> None:
    site = Site(write_error_status=500)
    before = site.simulator.get_table("states")
    headers = {**site.bearer(), "Content-Type": "application/json"}
    assert is_page(site.http.post("/services/service.pxp?id=write", content=body, headers=headers), 400)
    assert site.simulator.get_table("states") == before


def test_a_write_needs_a_known_content_type() -> None:
    site = Site()
    content = b'{"requests":[{"type":"remove","table":"states","key":"ON"}]}'
    for media in ("application/x-www-form-urlencoded", "text/plain"):
        answer = site.http.post("/services/service.pxp?id=write", content=content, headers={**site.bearer(), "Content-Type": media})
        assert is_page(answer, 400, "application/json")
    assert "ON" in site.simulator.get_table("states")


@pytest.mark.parametrize("status", [400, 200, 404, 500])
@pytest.mark.parametrize(
    ("request_", "word"),
    [
        ({"type": "insert", "table": "states", "data": [{**AY, "stateCode$": "ON"}]}, "Error #11"),
        ({"type": "update", "table": "states", "data": [AY]}, "Error #11"),
        ({"type": "remove", "table": "states", "key": "AY"}, "Error #11"),
        ({"type": "remove", "table": "states"}, "key is required"),
        ({"type": "insert", "table": "states"}, "needs data"),
        ({"type": "insert", "table": "states", "data": [{**AY, "taxRate": "six"}]}, "Error #26"),
        ({"type": "insert", "table": "states", "data": [{**AY, "taxRate": True}]}, "Error #26"),
        ({"type": "insert", "table": "states", "data": [{**AY, "taxRate": None}]}, "Error #26"),
        ({"type": "insert", "table": "states", "data": [{**AY, "taxRate": 10**400}]}, "Error #40"),
        ({"type": "insert", "table": "states", "data": [{**AY, "nosuch$": "x"}]}, "nosuch$"),
        ({"type": "insert", "table": "states", "key": "XX", "data": [AY]}, "do not agree"),
        ({"type": "insert", "table": "states", "key": "AY", "data": [AY, AY]}, "one record"),
        ({"type": "remove", "table": "invoices", "key": "C001"}, "2 segments"),
        ({"type": "insert", "table": "notes", "data": [{"text$": "x", "author$": "y"}]}, "external key"),
    ],
)
def test_switch_write_error_status(status: int, request_: dict[str, Any], word: str) -> None:
    site = Site(write_error_status=status)
    before = site.simulator.get_table(request_["table"])
    assert is_page(site.post([request_]), status, word)
    assert site.simulator.get_table(request_["table"]) == before


def test_a_write_to_an_unknown_table_is_a_run_time_error() -> None:
    assert is_page(Site().post([{"type": "remove", "table": "nosuch", "key": "X"}]), 500, "Error #12")


@pytest.mark.parametrize("atomic", [False, True])
def test_switch_write_atomic(atomic: bool) -> None:
    site = Site(write_atomic=atomic)
    requests = [
        {"type": "insert", "table": "states", "data": [AY]},
        {"type": "remove", "table": "states", "key": "ZZ"},
        {"type": "remove", "table": "states", "key": "ON"},
    ]
    assert is_page(site.post(requests), 400)
    table = site.simulator.get_table("states")
    assert ("AY" in table) is not atomic
    assert "ON" in table


def test_switch_missing_fields() -> None:
    site = Site()
    partial = [{"type": "update", "table": "states", "data": [{"stateCode$": "ON", "taxRate": 9}]}]
    assert is_page(site.post(partial), 400, "stateName$, country$")
    site.simulator.switch(missing_fields="blanked")
    assert site.post(partial).status_code == 200
    assert site.simulator.get_table("states")["ON"] == {"stateCode$": "ON", "stateName$": "", "country$": "", "taxRate": 9}


@pytest.mark.parametrize(("position", "status"), [("empty", 200), ("json", 200), (201, 201), (204, 204)])
def test_switch_write_response(position: Any, status: int) -> None:
    site = Site(write_response=position)
    answer = site.post([{"type": "insert", "table": "states", "data": [AY]}])
    assert answer.status_code == status
    expected = b'{"requests":[{"records":1,"status":"OK","table":"states","type":"insert"}]}' if position == "json" else b""
    assert answer.content == expected
    assert "AY" in site.simulator.get_table("states")


@pytest.mark.parametrize(("position", "status"), [("remove", 200), ("always", 400)])
def test_switch_external_key(position: str, status: int) -> None:
    site = Site(external_key=position)
    assert site.post([{"type": "insert", "table": "states", "data": [AY]}]).status_code == status
    assert site.post([{"type": "insert", "table": "states", "key": "AZ", "data": [{**AY, "stateCode$": "AZ"}]}]).status_code == 200
    task = {"taskId$": "T9", "title$": "x", "assignee$": "y", "due$": "z", "done": 0}
    assert site.post([{"type": "insert", "table": "tasks", "data": [task]}]).status_code == 200


def test_tables_with_and_without_an_external_key() -> None:
    site = Site()
    note = {"text$": "Call back", "author$": "Ann Lee"}
    assert site.post([{"type": "insert", "table": "notes", "key": "C003-1", "data": [note]}]).status_code == 200
    assert decoded(site.get("records_read", secured=True, table="notes", key="C003-1")) == [note]
    assert site.post([{"type": "remove", "table": "notes", "key": "C003-1"}]).status_code == 200
    assert site.post([{"type": "remove", "table": "tasks", "data": [{"taskId$": "T1"}]}, {"type": "remove", "table": "tasks", "key": "T2"}]).status_code == 200
    assert list(site.simulator.get_table("tasks")) == ["T3", "T4"]
    assert is_page(site.post([{"type": "remove", "table": "tasks", "data": [{"title$": "x"}]}]), 400, "taskId$")
    invoice = {"clientId$": "C002", "invoiceNo$": "INV-2000", "date$": "2025-07-01", "amount": "10.5", "paid": 0, "reference$": ""}
    assert site.post([{"type": "insert", "table": "invoices", "key": "C002:INV-2000", "data": [invoice]}]).status_code == 200
    assert site.simulator.get_table("invoices")["C002:INV-2000"]["amount"] == 10.5
    assert "INV-2000" in site.get("invoices", secured=True).text


def test_simple_writes() -> None:
    site = Site()
    headers = site.bearer()
    assert site.http.post("/do/write/states/NP%8ANew%20Province%8ACanada%8A13", headers=headers).status_code == 200
    assert site.simulator.get_table("states")["NP"] == {"stateCode$": "NP", "stateName$": "New Province", "country$": "Canada", "taxRate": 13}
    assert site.http.post("/do/write/states/NP/NP%8AOther%8ACanada%8A13.5", headers=headers).status_code == 200
    assert site.simulator.get_table("states")["NP"]["stateName$"] == "Other"
    assert site.http.post("/do/write/notes/K1/text%8A%C5sa", headers=headers).status_code == 200
    assert site.simulator.get_table("notes")["K1"] == {"text$": "text", "author$": "Åsa"}
    assert site.http.post("/do/states_write/NP%8AOwn%8ACanada%8A1", headers=headers).status_code == 200
    assert site.http.post("/services/service.pxp?id=write&table=states&data=NQ%8AQ%8AC%8A1", headers=headers).status_code == 200
    assert {"NP", "NQ"} <= set(site.simulator.get_table("states"))
    assert site.http.post("/do/tasks_write/T1%8Ax%8Ay%8Az%8A1").status_code == 200
    assert is_page(site.http.post("/do/write/states/NP%8AShort", headers=headers), 400, "4 fields, not 2")
    assert is_page(site.http.post("/do/write/states/NP%8Aa%8Ab%8Ac", headers=headers), 400, "Error #26")
    assert is_page(site.http.post("/do/write/notes/text%8Ay", headers=headers), 400, "external key")
    assert is_page(site.http.post("/do/write/states", headers=headers), 400, "needs data")
    assert is_page(site.http.post("/do/write/states/NP%8Aa%8Ab%8A1", headers=headers, json={"requests": []}), 400, "not in both")
    assert is_page(site.http.post("/do/write/nosuch/x", headers=headers), 500, "Error #12")
    assert is_page(site.http.post("/services/service.pxp?id=write&data=x", headers=headers), 400, "A table is required")


def test_simple_writes_split_bytes_not_characters() -> None:
    site = Site()
    headers = site.bearer()
    assert is_page(site.http.post("/do/write/states/NP%8A%8Akoda%8ACanada%8A13", headers=headers), 400, "4 fields, not 5"), "8A is S with caron in windows-1252"
    site.simulator.switch(charset="utf-8")
    assert site.http.post("/do/write/states/NP%8A%C3%8Atre%8ACanada%8A13", headers=headers).status_code == 200
    assert site.simulator.get_table("states")["NP"]["stateName$"] == "Être"


def test_a_record_with_a_function_that_a_url_may_choose() -> None:
    site = Site()
    headers = site.bearer()
    path = "/services/service.pxp?id=states"
    assert site.http.get(f"{path}&key=ON", headers=headers).status_code == 200
    body = {"requests": [{"type": "insert", "table": "states", "data": [AY]}]}
    assert site.http.post(f"{path}&function=write", json=body, headers=headers).status_code == 200
    other = {"requests": [{"type": "remove", "table": "tasks", "key": "T1"}]}
    assert is_page(site.http.post(f"{path}&function=Write", json=other, headers=headers), 400, "does not allow the override", "table")
    assert is_page(site.http.get(f"{path}&function=delete&key=ON", headers=headers), 400, "delete")
    assert is_page(site.http.post(f"{path}&function=write", json=body, headers=site.bearer(site.user)), 401)


def test_switch_enforce_method() -> None:
    site = Site(charset="utf-8")
    headers = site.bearer()
    write = "/do/write/states/NP%8ANew%8ACanada%8A13"
    assert site.http.get(write, headers=headers).status_code == 200
    assert site.http.post("/do/read/states/ON").status_code == 200
    site.simulator.switch(enforce_method=True)
    assert is_page(site.http.get(write, headers=headers), 501)
    assert is_page(site.http.post("/do/read/states/ON"), 501)
    assert site.http.post(write, headers=headers).status_code == 200
    assert site.http.get("/do/read/states/ON").status_code == 200


VARIABLES: dict[str, Value] = {"taxrate": 4.75, "name$": "Québec", "%x$": "a"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("taxrate<5", 1),
        ('TAXRATE =>4.75 AND Name$="Québec"', 1),
        ("not(taxrate<5) or 0", 0),
        ("not taxrate<5", 0),
        ('ucs(name$)="QUÉBEC" and lcs("AB")="ab"', 1),
        ("name$(1,2)", "Qu"),
        ("name$(4)", "bec"),
        ('mid(name$,3,2)+stp(" x ",2)', "ébx"),
        ('pos("b"=name$)', 4),
        ('pos("zz"=name$)', 0),
        ("-(3+4)*2", -14),
        ("2^3|5", 3),
        ("len(name$)-int(7/2)", 3),
        ('num("1.50")+abs(-1)+sgn(-9)', 1.5),
        ("str(2+1)", "3"),
        ('"a""b"+%X$', 'a"ba'),
        ('nosuch=0 and nosuch$=""', 1),
        ("1<>2 and 1><2 and 1<=1 and 1=<1 and 2>=1", 1),
        ("0 or 1 and 0", 0),
        (".5+.25", 0.75),
    ],
)
def test_expressions(text: str, value: Any) -> None:
    assert compile_expression(text)(VARIABLES) == value


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("", 20),
        ("taxrate<", 20),
        ("(1", 20),
        ("1)", 20),
        ("1 2", 20),
        ("and 1", 20),
        ("__import__('os')", 20),
        ("taxrate.real.x(1)", 20),
        ("ucs()", 20),
        ("mid(name$)", 20),
        ("pos(name$)", 20),
        ("(" * 60 + "1" + ")" * 60, 20),
        ("not " * 200 + "1", 20),
        ("1+" * MAXIMUM_LENGTH + "1", 20),
        ('taxrate<"5"', 26),
        ("name$*2", 26),
        ('"x" and 1', 26),
        ("ucs(1)", 26),
        ('num("x")', 26),
        ("1/0", 40),
        ("9^9999", 40),
        ("0-8^.5+(0-8)^.5", 40),
        ("9" * 400, 40),
        ("name$(1.5)", 41),
        ("mid(name$,0)", 41),
        ("name$(1,9)", 47),
        ("name$(0)", 47),
    ],
)
def test_wrong_expressions_are_run_time_errors(text: str, number: int) -> None:
    with pytest.raises(ServiceFailure, match=f"^Error #{number}: ") as caught:
        compile_expression(text)(VARIABLES)
    assert caught.value.kind == "runtime"


@settings(max_examples=300)
@given(
    st.lists(
        st.sampled_from(["taxrate", "name$", "5", '"x"', "<", "=", "+", "-", "*", "/", "^", "|", "(", ")", "and", "or", "not", "ucs", "pos", ","]), max_size=14
    )
)
def test_any_expression_gives_a_value_or_a_run_time_error(parts: list[str]) -> None:
    try:
        value = compile_expression(" ".join(parts))(VARIABLES)
    except ServiceFailure as failure:
        assert failure.kind == "runtime"
    else:
        assert isinstance(value, str) or math.isfinite(value)
