# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records of PxPlus tables: read, compared, written at once and read back; what a write that fails has done."""

from __future__ import annotations

import json
import types
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.tokenflow.services.plugins.module_utils._errors import (
    BadAnswer,
    ConnectionFailed,
    InvalidInput,
    NotAuthorised,
    NotConfirmed,
    NotFound,
    RequestRefused,
    TokenflowError,
)
from ansible_collections.tokenflow.services.plugins.module_utils._module import Invocation
from ansible_collections.tokenflow.services.plugins.module_utils._secrets import Secrets
from ansible_collections.tokenflow.services.plugins.module_utils._services._pxplus_records import Fields, number_text
from ansible_collections.tokenflow.services.plugins.modules import pxplus_record, pxplus_record_info
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plugins._simulated import Simulated

ANY = {"read_service": "records_read", "write_service": "records_write"}
STATES: dict[str, Any] = {**ANY, "table": "states", "key_fields": ["stateCode$"]}
INVOICES: dict[str, Any] = {**ANY, "table": "invoices", "key_fields": ["clientId$", "invoiceNo$"]}
YUKON = {"stateCode$": "YT", "stateName$": "Yukon", "country$": "Canada", "taxRate": 5}
STATE_FIELDS = list(YUKON)
FORMATS = pytest.mark.parametrize("kind", ["json", "xml"])


def invocation(pxplus: Simulated, module: types.ModuleType, options: dict[str, Any], check_mode: bool = False, role: str = "", **session: Any) -> Invocation:
    definition = module.DEFINITION
    validation = ArgumentSpecValidator(definition.argument_spec(), **definition.constraints).validate({"base_url": pxplus.entry["base_url"], **options})
    if validation.errors.errors:
        raise InvalidInput(validation.errors.msg)
    return Invocation(validation.validated_parameters, pxplus.session(role, check_mode=check_mode, **session), Secrets(), check_mode, diff=True)


def record(pxplus: Simulated, check_mode: bool = False, role: str = "", **options: Any) -> dict[str, Any]:
    return pxplus_record.run(invocation(pxplus, pxplus_record, options, check_mode, role))


def info(pxplus: Simulated, **options: Any) -> list[Any]:
    return pxplus_record_info.run(invocation(pxplus, pxplus_record_info, options))["records"]


def failure(pxplus: Simulated, **options: Any) -> TokenflowError:
    with pytest.raises(TokenflowError) as caught:
        record(pxplus, **options)
    return caught.value


def table(pxplus: Simulated, name: str = "states") -> dict[str, Any]:
    return dict(pxplus.act("get_table", table=name))


def calls(pxplus: Simulated) -> list[str]:
    found = [entry["method"] for entry in pxplus.journal("/services/(service|fileaccess).pxp")]
    pxplus.act("clear_journal")
    return found


# One record


@FORMATS
def test_a_record_is_made_changed_and_removed(pxplus: Simulated, kind: str) -> None:
    options = {**STATES, "format": kind}
    made = record(pxplus, **options, fields=YUKON)
    assert (made["changed"], made["before"], made["after"], made["records"][0]["action"]) == (True, None, YUKON, "insert")
    assert table(pxplus)["YT"] == YUKON
    assert calls(pxplus) == ["GET", "POST", "GET"]
    assert not record(pxplus, **options, fields=YUKON)["changed"]
    assert calls(pxplus) == ["GET"]
    changed = record(pxplus, **options, key="YT", fields={"taxRate": "5.50"})
    assert changed["diff"]["after"]["YT"]["taxRate"] == 5.5 and table(pxplus)["YT"] == {**YUKON, "taxRate": 5.5}
    assert not record(pxplus, **options, key="YT", fields={"taxRate": 5.5})["changed"]
    gone = record(pxplus, **options, key="YT", state="absent")
    assert (gone["changed"], gone["after"], gone["records"][0]["action"]) == (True, None, "remove")
    assert "YT" not in table(pxplus)
    assert not record(pxplus, **options, key="YT", state="absent")["changed"]


@FORMATS
@pytest.mark.parametrize("state", ["present", "absent"])
def test_check_mode_tells_what_would_be_and_writes_nothing(pxplus: Simulated, kind: str, state: str) -> None:
    before = table(pxplus)
    options = {**STATES, "format": kind, "key": "ON", "state": state, **({"fields": {"taxRate": 14}} if state == "present" else {})}
    told = record(pxplus, check_mode=True, **options)
    assert calls(pxplus) == ["GET"] and table(pxplus) == before
    done = record(pxplus, **options)
    assert {name: told[name] for name in ("changed", "diff")} == {name: done[name] for name in ("changed", "diff")}
    assert table(pxplus) != before


@FORMATS
def test_other_fields_stay_to_the_byte(pxplus: Simulated, kind: str) -> None:
    odd = {"text$": '  <b>"Ä&Ö"</b> ]]> 007.10 ; ', "author$": "7.10"}
    pxplus.act("set_record", table="notes", key="N1", record=odd)
    options = {**ANY, "table": "notes", "format": kind, "key": "N1", "fields": {"author$": "9.90"}}
    assert record(pxplus, **options)["changed"]
    assert table(pxplus, "notes")["N1"] == {**odd, "author$": "9.90"}
    assert not record(pxplus, **options)["changed"]


@FORMATS
def test_a_key_that_is_in_no_field(pxplus: Simulated, kind: str) -> None:
    options = {**ANY, "table": "notes", "format": kind, "key": "C003-9", "fields": {"text$": "Calls back", "author$": "Ann Lee"}}
    assert [record(pxplus, **options)["changed"] for _run in range(2)] == [True, False]
    entry = {name: options[name] for name in ("key", "fields")}
    listed = {**ANY, "table": "notes", "format": kind, "records": [entry, {"key": "C001-1", "state": "absent"}]}
    assert [record(pxplus, **listed)["changed"] for _run in range(2)] == [True, False]
    assert sorted(table(pxplus, "notes")) == ["C002-1", "C003-9"]


@FORMATS
@pytest.mark.parametrize("key", [["C001", "INV-1008"], "C001:INV-1008"])
def test_a_key_of_several_segments(pxplus: Simulated, kind: str, key: Any) -> None:
    for options in (INVOICES, {**INVOICES, "key_fields": None}):
        options = {**options, "format": kind, "key": key}
        pxplus.act("set_record", table="invoices", key="C001:INV-1008", record={"reference$": "PO 8"})
        assert [record(pxplus, **options, fields={"reference$": "PO 8b"})["changed"] for _run in range(2)] == [True, False]
    assert record(pxplus, **INVOICES, format=kind, key=key, state="absent")["changed"]
    assert "C001:INV-1008" not in table(pxplus, "invoices")


def test_a_key_comes_from_the_fields(pxplus: Simulated) -> None:
    fields = {"clientId$": "C001", "invoiceNo$": "INV-1008", "paid": False}
    assert record(pxplus, **INVOICES, fields=fields)["records"][0]["key"] == "C001:INV-1008"
    assert table(pxplus, "invoices")["C001:INV-1008"]["paid"] == 0
    assert record(pxplus, **STATES, key="ZZ", fields={"stateName$": "Z", "country$": "Z", "taxRate": 0})["after"]["stateCode$"] == "ZZ"


def test_fields_that_are_not_given_are_empty_in_a_new_record(pxplus: Simulated) -> None:
    assert "taxRate" in failure(pxplus, **STATES, key="ZZ", fields={"stateName$": "Z"}).reply
    made = record(pxplus, **STATES, table_fields=STATE_FIELDS, key="ZZ", fields={"stateName$": "Z"})
    assert made["after"] == {"stateCode$": "ZZ", "stateName$": "Z", "country$": "", "taxRate": 0} == table(pxplus)["ZZ"]


def test_one_service_for_both(pxplus: Simulated) -> None:
    options = {"read_service": "states", "table": "states", "send_table": False, "key": "ON", "fields": {"taxRate": 14}}
    assert [record(pxplus, **options)["changed"] for _run in range(2)] == [True, False]
    error = failure(pxplus, **{**options, "send_table": True})
    assert "override" in error.message and "table" in error.reply


def test_no_stored_service(pxplus: Simulated) -> None:
    pxplus.switch(force_id="off", unknown_params="refused", enforce_method=True)
    options = {"directory": "/opt/pxplus/demo", "dictionary": "providex.ddf", "table": "states"}
    assert record(pxplus, **options, key="ON", fields={"taxRate": 14})["changed"]
    assert info(pxplus, **options, key="ON")[0]["taxRate"] == 14
    assert {entry["path"] for entry in pxplus.journal("/services/f")} == {"/services/fileaccess.pxp"}


@FORMATS
@pytest.mark.parametrize("charset", ["windows-1252", "utf-8", "iso-8859-1"])
def test_keys_and_texts_beyond_ascii(pxplus: Simulated, kind: str, charset: str) -> None:
    pxplus.switch(charset=charset)
    options = {**STATES, "format": kind, "fields": {"stateCode$": "ÖÄ", "stateName$": "Île d'Yeu", "country$": "Curaçao", "taxRate": 1}}
    assert "encoding" in failure(pxplus, **options).hint
    assert [record(pxplus, **options, encoding=charset)["changed"] for _run in range(2)] == [True, False]
    assert table(pxplus)["ÖÄ"]["stateName$"] == "Île d'Yeu"
    # Without a key beyond ASCII, the encoding need not be known.
    texts = {**STATES, "format": kind, "key": "QC", "fields": {"stateName$": "Québec, réécrit"}}
    assert [record(pxplus, **texts)["changed"] for _run in range(2)] == [True, False]
    assert table(pxplus)["QC"]["stateName$"] == "Québec, réécrit"


def test_a_character_that_the_server_does_not_have(pxplus: Simulated) -> None:
    error = failure(pxplus, **STATES, key="QC", fields={"stateName$": "Łódź"})
    assert isinstance(error, NotConfirmed)
    assert error.details["records"][0]["after"]["stateName$"] == "?ód?" and error.details["changed"]


# Several records


def listed(count: int, rate: float = 1) -> list[dict[str, Any]]:
    return [{"fields": {"stateCode$": f"Z{number:03}", "stateName$": f"State {number}", "country$": "Z", "taxRate": rate}} for number in range(count)]


@FORMATS
@pytest.mark.parametrize("count", [2, 20, 200])
def test_a_list_is_one_read_and_one_write(pxplus: Simulated, kind: str, count: int) -> None:
    options = {**STATES, "format": kind}
    first = record(pxplus, **options, records=listed(count))
    assert calls(pxplus) == ["GET", "POST", "GET"]
    assert [entry["action"] for entry in first["records"]] == ["insert"] * count
    again = record(pxplus, **options, records=listed(count))
    assert (again["changed"], calls(pxplus)) == (False, ["GET"])
    mixed = [*listed(count, 2)[:1], *listed(count)[1:-1], {"key": f"Z{count - 1:03}", "state": "absent"}]
    done = record(pxplus, **options, records=mixed)
    assert [entry["action"] for entry in done["records"]] == ["update", *["none"] * (count - 2), "remove"]
    assert len(done["diff"]["before"]) == 2 and len(done["diff"]["after"]) == 1
    assert calls(pxplus) == ["GET", "POST", "GET"]


def test_only_what_differs_is_written(pxplus: Simulated) -> None:
    record(pxplus, **STATES, records=[{"key": "ON", "fields": {"taxRate": 13}}, {"key": "BC", "fields": {"taxRate": 11}}, {"key": "XX", "state": "absent"}])
    body = json.loads(pxplus.journal(method="POST")[-1]["body"])
    assert body == {
        "requests": [
            {
                "type": "update",
                "table": "states",
                "key": "BC",
                "data": [{"stateCode$": "BC", "stateName$": "British Columbia", "country$": "Canada", "taxRate": "11"}],
            }
        ]
    }


def test_many_keys_whose_order_is_not_certain_are_read_by_filters(pxplus: Simulated) -> None:
    records = [*listed(60), {"fields": {"stateCode$": "Zé", "stateName$": "", "country$": "", "taxRate": 0}}]
    assert record(pxplus, **STATES, encoding="windows-1252", records=records)["changed"]
    assert not record(pxplus, **STATES, encoding="windows-1252", records=records)["changed"]
    assert all("filter=" in entry["query"] for entry in pxplus.journal("/services/s", method="GET"))


def test_a_key_with_quotes(pxplus: Simulated) -> None:
    records = [{"fields": {"stateCode$": code, "stateName$": "", "country$": "", "taxRate": 0}} for code in ('A"B', "AC", "A&D")]
    assert [record(pxplus, **STATES, records=records)["changed"] for _run in range(2)] == [True, False]


def test_segments_of_several_records(pxplus: Simulated) -> None:
    keys = [key.split(":") for key in list(table(pxplus, "invoices"))]
    records = [{"key": key, "fields": {"reference$": "seen"}} for key in keys]
    assert [record(pxplus, **INVOICES, records=records)["changed"] for _run in range(2)] == [True, False]
    assert {entry["reference$"] for entry in table(pxplus, "invoices").values()} == {"seen"}


# Writes that fail

PARTLY = [
    {"key": "AB", "fields": {"taxRate": 6}},
    {"key": "ZZ", "fields": {"taxRate": 1}},
    {"key": "BC", "state": "absent"},
    {"key": "ON", "fields": {"taxRate": 13}},
]


@pytest.mark.parametrize("status", [400, 200, 404, 500])
@pytest.mark.parametrize("atomic", [False, True])
@pytest.mark.parametrize("style", ["page", "short", "json"])
def test_what_a_refused_write_did_is_told_record_by_record(pxplus: Simulated, status: int, atomic: bool, style: str) -> None:
    pxplus.switch(write_error_status=status, write_atomic=atomic, error_html=style)
    error = failure(pxplus, **STATES, records=PARTLY)
    written = 0 if atomic else 1
    assert error.message.startswith(f"{written} of 3 records were written, not {'AB, ' if atomic else ''}ZZ, BC: ")
    assert "Field(s) missing for table states: stateName$, country$" in error.reply
    result = error.as_result()
    assert result["failed"] and result["changed"] is not atomic
    assert [(entry["key"], entry["changed"], entry["failed"]) for entry in result["records"]] == [
        ("AB", not atomic, atomic),
        ("ZZ", False, True),
        ("BC", False, True),
        ("ON", False, False),
    ]
    assert table(pxplus)["AB"]["taxRate"] == (5 if atomic else 6) and "BC" in table(pxplus)


@pytest.mark.parametrize("answer", ["empty", "json", 201, 204])
def test_the_answer_to_a_write_does_not_matter(pxplus: Simulated, answer: Any) -> None:
    pxplus.switch(write_response=answer)
    assert record(pxplus, **STATES, fields=YUKON)["changed"]


def test_a_write_that_did_nothing_and_says_nothing(pxplus: Simulated) -> None:
    pxplus.fault("status", "/services/service", method="POST", status=200, body="")
    error = failure(pxplus, **STATES, fields=YUKON)
    assert isinstance(error, NotConfirmed) and error.details["changed"] is False
    assert "0 of 1 records were written, not YT, as reading them back shows" in error.message


def test_a_write_whose_answer_is_lost_is_looked_after(pxplus: Simulated) -> None:
    pxplus.fault("reset_after", "/services/service", method="POST")
    done = invocation(pxplus, pxplus_record, {**STATES, "fields": YUKON})
    assert pxplus_record.run(done)["changed"]
    assert "although the write was answered with an error" in done.warnings[0]
    assert [entry["method"] for entry in pxplus.journal("/services/service")] == ["GET", "POST", "GET"]
    pxplus.fault("reset", "/services/service", method="POST")
    error = failure(pxplus, **STATES, key="YT", state="absent")
    assert isinstance(error, ConnectionFailed) and error.details["changed"] is False and "YT" in table(pxplus)


def test_a_client_that_may_not_write(pxplus: Simulated) -> None:
    options = {"read_service": "states_read", "write_service": "states_write", "table": "states", "send_table": False, "key": "ON"}
    assert not record(pxplus, role="user", **options, fields={"taxRate": 13})["changed"]
    with pytest.raises(NotAuthorised, match="not permitted") as caught:
        record(pxplus, role="user", **options, fields={"taxRate": 14})
    assert "security class" in caught.value.hint and table(pxplus)["ON"]["taxRate"] == 13


def test_a_record_that_somebody_made_meanwhile_is_refused(pxplus: Simulated) -> None:
    pxplus.fault("status", "/services/service", method="GET", status=404, body="<html><body>Error #11: Record not found</body></html>")
    error = failure(pxplus, **STATES, key="ON", fields={"stateName$": "X", "country$": "", "taxRate": 0})
    assert isinstance(error, RequestRefused) and "Duplicate key" in error.reply
    assert error.details["records"][0]["after"]["stateName$"] == "Ontario"


# Reads


@FORMATS
@pytest.mark.parametrize("status", [404, 200])
@pytest.mark.parametrize("style", ["page", "short", "json"])
def test_a_key_that_is_not_there(pxplus: Simulated, kind: str, status: int, style: str) -> None:
    pxplus.switch(missing_key=status, error_html=style)
    assert info(pxplus, read_service="states_read", key="ZZ", format=kind) == []
    assert not record(pxplus, **STATES, key="ZZ", state="absent", format=kind)["changed"]
    assert set(calls(pxplus)) == {"GET"}


def test_a_404_that_does_not_say_what_is_missing(pxplus: Simulated) -> None:
    page = "<html><head><title>404 Not Found</title></head><body>Not there</body></html>"
    pxplus.fault("status", "/services/service", status=404, body=page)
    assert info(pxplus, read_service="states_read", key="ZZ") == []
    assert [entry["status"] for entry in pxplus.journal("/services/service")] == [404, 200]
    pxplus.fault("status", "/services/service", status=404, body=page, times=2)
    with pytest.raises(NotFound):
        info(pxplus, read_service="states_read", key="ZZ")


@pytest.mark.parametrize("mismatch", [401, 404])
@pytest.mark.parametrize("options", [{"read_service": "nowhere"}, {"read_service": "records_read", "table": "nothing"}, {"read_service": "records_read"}])
@pytest.mark.parametrize("status", [500, 200])
def test_what_is_not_there_is_not_a_record_that_is_absent(pxplus: Simulated, mismatch: int, options: dict[str, Any], status: int) -> None:
    pxplus.switch(class_mismatch_status=mismatch, runtime_error_status=status, bad_parameter_status=400 if status == 500 else 200)
    with pytest.raises(TokenflowError):
        info(pxplus, **options, key="ON")
    with pytest.raises(TokenflowError):
        pxplus_record.run(
            invocation(pxplus, pxplus_record, {"table": "nothing", "read_service": options["read_service"], "key": "ON", "state": "absent"}, role="user")
        )


@FORMATS
def test_ranges_filters_and_other_keys(pxplus: Simulated, kind: str) -> None:
    def codes(**options: Any) -> list[str]:
        found = info(pxplus, read_service="states_read", format=kind, **options)
        return [entry["stateCode$" if kind == "json" else "stateCode"] for entry in found]

    assert codes(beg_key="NC", end_key="NH") == ["NC", "ND", "NH"]
    assert codes(beg_key="NC", end_key="NH", filter="taxRate<5") == ["NC", "NH"]
    assert codes(key="Ontario", key_number="BY_NAME") == codes(key="Ontario", key_number="#1") == ["ON"]
    assert codes(filter='country$="Nowhere"') == []
    assert [entry["city$"] for entry in info(pxplus, read_service="records_read", table="clients", key=["Canada", "Ottawa"], key_number="BY_PLACE")] == [
        "Ottawa"
    ]


@pytest.mark.parametrize("shape", ["list", "wrapped", "single"])
@pytest.mark.parametrize("xml_shape", ["root_data", "named"])
@pytest.mark.parametrize("numbers", ["by_field", "quoted", "by_look"])
@FORMATS
def test_every_shape_of_an_answer(pxplus: Simulated, shape: str, xml_shape: str, numbers: str, kind: str) -> None:
    pxplus.switch(json_shape=shape, xml_shape=xml_shape, json_numbers=numbers)
    assert [record(pxplus, **STATES, format=kind, fields={**YUKON, "stateName$": "1001"})["changed"] for _run in range(2)] == [True, False]
    records = [{"key": "ON", "fields": {"taxRate": 14.5}}, {"key": "BC", "fields": {"stateName$": "7"}}, {"key": "QC", "state": "absent"}]
    assert [record(pxplus, **STATES, format=kind, records=records)["changed"] for _run in range(2)] == [True, False]
    assert table(pxplus)["BC"]["stateName$"] == "7"


def test_a_text_that_the_server_writes_as_a_number(pxplus: Simulated) -> None:
    pxplus.switch(json_numbers="by_look")
    pxplus.act("set_record", table="states", key="ON", record={"stateName$": "7.10"})
    error = failure(pxplus, **STATES, key="ON", fields={"taxRate": 14})
    assert isinstance(error, BadAnswer) and error.hint == "Set format to xml."
    assert table(pxplus)["ON"]["taxRate"] == 13
    assert record(pxplus, **STATES, key="ON", fields={"taxRate": 14}, format="xml")["changed"]
    assert table(pxplus)["ON"] == {"stateCode$": "ON", "stateName$": "7.10", "country$": "Canada", "taxRate": 14}


def test_an_answer_that_holds_something_else(pxplus: Simulated) -> None:
    for body in ('["ON"]', '[{"stateCode$": {"a": 1}}]', '[{"taxRate": "many"}]', '[{"stateCode$": "QC"}]', '[{"stateCode$": "ON"}, {"stateCode$": "ON"}]'):
        pxplus.fault("body", "/services/service", body=body)
        assert isinstance(failure(pxplus, **STATES, key="ON", state="absent"), BadAnswer), body
    assert "ON" in table(pxplus)


# Options


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"key": "ON", "fields": {"statename$": "x"}}, "the table has no field statename"),
        ({"key": "ON", "fields": {"taxRate": "much"}}, "taxRate is a number"),
        ({"key": "ON", "fields": {"taxRate": [1]}}, "taxRate cannot have the value"),
        ({"key": "ON", "fields": {"country$": True}}, "cannot have the value True"),
        ({"key": "ON", "fields": {"stateCode$": "QC"}}, "cannot have 'QC' in its key field"),
        ({"key": True, "fields": {"taxRate": 1}}, "is not made of texts"),
        ({"key": ["ON", "QC"], "fields": {"taxRate": 1}}, "has 2 segments, key_fields has 1"),
        ({"key": "", "state": "absent"}, "a key is empty"),
        ({"fields": {"taxRate": 1}}, "a record needs key"),
        ({"key": "ON", "fields": {"x$": 1}, "table_fields": STATE_FIELDS}, "table_fields has no field x"),
        ({"records": [{"key": "ON"}, {"fields": {"stateCode$": "ON"}}]}, "several records with the key ON"),
        ({"records": [{"key": "ON"}], "key": "QC"}, "mutually exclusive"),
        ({"key_fields": ["clientId$", "invoiceNo$"], "key": ["A:B", "C"]}, "a segment with a colon"),
        ({"key_fields": ["code$"], "records": [{"key": "ON", "state": "absent"}, {"key": "QC", "state": "absent"}]}, "no key field code$"),
    ],
)
def test_options_that_make_no_sense(pxplus: Simulated, options: dict[str, Any], message: str) -> None:
    error = failure(pxplus, **{**STATES, **options})
    assert message in str(error)
    assert pxplus.journal("/services/s", method="POST") == []


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9))
def test_numbers_have_one_form(value: Any) -> None:
    text = number_text(value)
    assert text is not None and number_text(text) == text and float(text) == float(value)
    assert number_text(f"{value:+.6f}") == text


def test_forms_of_numbers() -> None:
    assert [number_text(value) for value in ("", None, " 7.250 ", 7.0, "1e3", -0.0, "x", "NaN", "inf", "1e999")] == [
        "0",
        "0",
        "7.25",
        "7",
        "1000",
        "0",
        None,
        None,
        None,
        None,
    ]


def test_names_of_fields_in_xml() -> None:
    fields = Fields("xml", ["a$", "b"])
    assert fields.record({"a": "1", "b": "2.50", "c": "3.0"}) == {"a$": "1", "b": "2.5", "c": "3.0"}
    assert fields.as_data({"a$": "1", "b": "2.5", "c": "3.0"}) == {"a$": "1", "b": 2.5, "c": "3.0"}


def test_a_write_that_cannot_be_read_back_counts_as_a_change(pxplus: Simulated) -> None:
    pxplus.fault("status", "/services/service", method="GET", skip=1, status=500)
    error = failure(pxplus, **STATES, fields=YUKON)
    assert isinstance(error, NotConfirmed) and "could not be read back" in error.message
    assert error.details["changed"] is True and "YT" in table(pxplus)
