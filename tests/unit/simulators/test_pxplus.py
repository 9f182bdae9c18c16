# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The PxPlus simulator: token endpoint, access to services, journal, control actions."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.simulators._core import ControlError
from tests.unit.simulators._pxplus_site import TOKEN_PATH, Site, decoded, is_page

INVALID_CLIENT = b'{"error":"invalid_client"}'
UNSUPPORTED = b'{"error":"unsupported_grant_type"}'


def test_token_has_the_documented_bytes() -> None:
    answer = Site().ask_token()
    token = answer.json()["access_token"]
    assert (answer.status_code, answer.content) == (200, f'{{"access_token":"{token}","token_type":"Bearer","expires_in":3600}}'.encode())
    assert answer.headers["content-type"] == "application/json"
    assert "date" in answer.headers and "cache-control" not in answer.headers


def test_token_is_base64url_text_with_its_class_and_expiry() -> None:
    site = Site()
    token = site.token(site.user)
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    claims = json.loads(raw[: raw.rindex(b"}\x8a") + 1])
    assert claims["class"] == "USER"
    assert claims["expires"] == pytest.approx(site.simulator.clock.now() + 3600, abs=5)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Basic"},
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic " + base64.b64encode(b"nocolon").decode()},
        {"Authorization": "Bearer abc"},
    ],
)
def test_missing_or_malformed_credentials_are_invalid_client(headers: dict[str, str]) -> None:
    answer = Site().http.post(TOKEN_PATH, data={"grant_type": "client_credentials"}, headers=headers)
    assert (answer.status_code, answer.content) == (401, INVALID_CLIENT)
    assert "www-authenticate" not in answer.headers


def test_wrong_secret_and_wrong_grant() -> None:
    site = Site()
    wrong = site.ask_token((site.admin[0], site.user[1]))
    assert (wrong.status_code, wrong.content) == (401, INVALID_CLIENT)
    unknown = site.ask_token(("nobody", site.admin[1]))
    assert (unknown.status_code, unknown.content) == (401, INVALID_CLIENT)
    for body in (b"grant_type=password", b"", b'{"grant_type":"client_credentials"}'):
        answer = site.http.post(TOKEN_PATH, content=body, auth=site.admin)
        assert (answer.status_code, answer.content) == (400, UNSUPPORTED)
    both = site.http.post(TOKEN_PATH, data={"grant_type": "password"}, auth=("a", "b"))
    assert both.content == INVALID_CLIENT
    query = site.http.post(TOKEN_PATH + "?grant_type=client_credentials", auth=site.admin)
    assert query.content == UNSUPPORTED


@pytest.mark.parametrize(("position", "client", "grant"), [("mixed", 401, 400), ("all_400", 400, 400), ("all_401", 401, 401)])
def test_switch_token_error_mapping(position: str, client: int, grant: int) -> None:
    site = Site(token_error_mapping=position)
    assert site.ask_token(("a", "b")).status_code == client
    assert site.ask_token(grant="password").status_code == grant
    assert site.ask_token().status_code == 200


def test_switches_of_the_token_answers_headers() -> None:
    site = Site(www_authenticate=True, no_store=True)
    refused, given = site.ask_token(("a", "b")), site.ask_token()
    assert refused.headers["www-authenticate"].startswith("Basic realm=")
    assert "www-authenticate" not in given.headers
    assert (given.headers["cache-control"], given.headers["pragma"]) == ("no-store", "no-cache")


def test_switch_body_credentials() -> None:
    site = Site()
    form = {"grant_type": "client_credentials", "client_id": site.admin[0], "client_secret": site.admin[1]}
    assert site.http.post(TOKEN_PATH, data=form).content == INVALID_CLIENT
    site.simulator.switch(body_credentials="accepted")
    assert site.http.post(TOKEN_PATH, data=form).status_code == 200
    assert site.http.post(TOKEN_PATH, data={**form, "client_secret": "x"}).content == INVALID_CLIENT
    assert site.simulator.journal[0]["body"].endswith("client_secret=***")


def test_switch_token_get() -> None:
    site = Site()
    path = TOKEN_PATH + "?grant_type=client_credentials"
    assert site.http.get(path, auth=site.admin).content == UNSUPPORTED
    site.simulator.switch(token_get="accepted")
    assert site.http.get(path, auth=site.admin).status_code == 200


def test_secured_service_wants_a_valid_token() -> None:
    site = Site()
    path = "/services/service.pxp?id=invoices"
    good = site.token()
    for header in ("", "Bearer", "Bearer x", f"Token {good}", f"Bearer {good[:-2]}AA", "Basic " + base64.b64encode(":".join(site.admin).encode()).decode()):
        assert is_page(site.http.get(path, headers={"Authorization": header} if header else {}), 401, "Error 401", "Unauthorized")
    for header in (f"Bearer {good}", f"bearer {good}", f"Bearer   {good}", f"Bearer {good}{'=' * (-len(good) % 4)}"):
        assert site.http.get(path, headers={"Authorization": header}).status_code == 200


def test_forged_and_mangled_tokens_are_refused() -> None:
    site = Site()
    token = site.token()
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    claims, mac = raw[:-33], raw[-32:]
    higher = claims.replace(b'"expires":', b'"expires":9')
    for forged in (higher + b"\x8a" + mac, claims + mac, b"no json\x8a" + mac, b"[]\x8a" + mac, b"{}\x8a" + mac, b"\x8a", mac):
        text = base64.urlsafe_b64encode(forged).decode().rstrip("=")
        assert site.http.get("/services/service.pxp?id=invoices", headers={"Authorization": f"Bearer {text}"}).status_code == 401
    standard = base64.b64encode(b'{"\xfb\xff":1}\x8a' + mac).decode()
    assert site.http.get("/services/service.pxp?id=invoices", headers={"Authorization": f"Bearer {standard}"}).status_code == 401


def test_token_lives_one_hour_of_the_simulated_clock() -> None:
    site = Site()
    headers = site.bearer()
    path = "/services/service.pxp?id=invoices"
    site.simulator.advance(3590)
    assert site.http.get(path, headers=headers).status_code == 200
    site.simulator.advance(11)
    assert site.http.get(path, headers=headers).status_code == 401
    assert site.http.get(path, headers=site.bearer()).status_code == 200


def test_expire_and_revoke() -> None:
    site = Site()
    for act in (site.simulator.expire_tokens, site.simulator.revoke_tokens, site.simulator.reset):
        headers = site.bearer()
        act()
        assert site.http.get("/services/service.pxp?id=invoices", headers=headers).status_code == 401
        assert site.http.get("/services/service.pxp?id=invoices", headers=site.bearer()).status_code == 200


@pytest.mark.parametrize("position", [401, 404])
def test_switch_class_mismatch_status(position: int) -> None:
    site = Site(class_mismatch_status=position)
    reader = site.bearer(site.user)
    assert is_page(site.http.get("/services/service.pxp?id=states&key=ON", headers=reader), position)
    assert site.http.get("/services/service.pxp?id=states_read&key=ON", headers=reader).status_code == 200


@pytest.mark.parametrize(("survive", "status"), [(True, 200), (False, 401)])
def test_switch_tokens_survive_rotation(survive: bool, status: int) -> None:
    site = Site(tokens_survive_rotation=survive)
    headers, reader = site.bearer(), site.bearer(site.user)
    new = site.simulator.rotate_secret("automation")
    assert site.ask_token().status_code == 401
    assert site.ask_token((site.admin[0], new)).status_code == 200
    assert site.http.get("/services/service.pxp?id=invoices", headers=headers).status_code == status
    assert site.http.get("/services/service.pxp?id=invoices", headers=reader).status_code == 200
    assert site.simulator.rotate_secret(site.admin[0], "a-chosen-secret") == "a-chosen-secret"
    assert site.simulator.settings()["client_secret"] == "a-chosen-secret"


def test_deleted_client_loses_its_tokens() -> None:
    site = Site()
    headers = site.bearer()
    site.simulator.delete_client("automation")
    assert site.http.get("/services/service.pxp?id=invoices", headers=headers).status_code == 401
    assert site.ask_token().status_code == 401
    with pytest.raises(ControlError, match="no client"):
        site.simulator.delete_client("automation")


def test_unknown_service_and_file() -> None:
    site = Site()
    assert is_page(site.get("nosuch"), 404, "nosuch")
    assert is_page(site.http.get("/services/service.pxp"), 400, "Web Service ID")
    assert is_page(site.http.get("/services/nothing.pxp"), 404)
    assert is_page(site.http.get("/"), 404)
    assert is_page(site.http.get("/data/providex.ddf"), 403)
    assert is_page(site.http.delete("/services/service.pxp?id=tasks"), 501)


def test_service_ids_with_a_space_and_their_case() -> None:
    site = Site()
    assert site.get("CLIENT LIST").status_code == 200
    assert site.http.get("/services/service.pxp?id=CLIENT+LIST").status_code == 200
    assert site.http.get("/do/CLIENT%20LIST/JSON").headers["content-type"] == "application/json"
    assert all(len(service_id) <= 20 for service_id in site.simulator.services)
    assert site.get("client list").status_code == 404
    site.simulator.switch(service_id_case_sensitive=False)
    assert site.get("client list").status_code == 200


def test_force_id_in_url() -> None:
    site = Site()
    path = "/services/qry.pxp?qry=tasks&lib=sales.en"
    assert is_page(site.http.get(path), 400, "Force ID in URL")
    for status in (200, 401, 403, 404):
        site.simulator.switch(force_id_status=status)
        assert is_page(site.http.get(path), status)
    site.simulator.switch(force_id="off")
    assert site.http.get(path).text.startswith("TASK,TITLE,")
    site.simulator.switch(force_id="automatic")
    for record in site.simulator.services.values():
        site.simulator.set_service(record.service_id, security=[])
    assert site.http.get(path).status_code == 200
    site.simulator.switch(force_id="on", force_id_status=400)
    assert site.http.get(path).status_code == 400


def test_dashboard_shows_open_services_only() -> None:
    text = Site().http.get("/services/dashboard").text
    assert "/services/service.pxp?id=CLIENT%20LIST" in text and "id=tasks" in text
    assert "invoices" not in text


def test_apache_pages_and_do_rules() -> None:
    site = Site(server="apache")
    answer = site.http.get("/services/nothing.pxp")
    assert is_page(answer, 404, "<h1>Not Found</h1>", "Apache/2.4", "Server at testserver Port 443")
    assert answer.headers["server"].startswith("Apache/")
    assert is_page(site.get("invoices"), 401, "<title>401 Unauthorized</title>")
    assert is_page(site.http.get("/do/tasks"), 404), "the rewrite wants a slash after the id"
    assert is_page(site.http.get("/do/read/states/O%2FN"), 404), "encoded slashes are not allowed"
    assert site.http.get("/do/read/states/ON").json()[0]["stateName$"] == "Ontario"
    ezweb = Site()
    assert ezweb.get("tasks").headers["server"] == "PxPlus EZWeb"
    assert ezweb.http.get("/do/tasks").status_code == 200


def test_switch_apache_do_query() -> None:
    site = Site(server="apache")
    assert is_page(site.http.get("/do/read/states/?filter=taxrate%3C4.5"), 400, "is required")
    site.simulator.switch(apache_do_query="kept")
    assert len(site.http.get("/do/read/states/?filter=taxrate%3C4.5").json()) == 2


def test_apache_that_drops_authorization() -> None:
    site = Site()
    headers = site.bearer()
    site.simulator.switch(server="apache", apache_authorization="dropped")
    assert site.http.get("/services/service.pxp?id=invoices", headers=headers).status_code == 401
    assert (site.ask_token().status_code, site.ask_token().content) == (401, INVALID_CLIENT)
    assert site.get("tasks").status_code == 200
    site.simulator.switch(apache_authorization="passed")
    assert site.http.get("/services/service.pxp?id=invoices", headers=headers).status_code == 200


def test_methods() -> None:
    site = Site()
    assert site.http.request("get", "/do/tasks").status_code == 200
    assert site.http.request("gEt", "/services/service.pxp?id=tasks").status_code == 200
    for method in ("HEAD", "OPTIONS"):
        assert site.http.request(method, "/services/service.pxp?id=tasks").status_code == 501
    assert site.http.put("/do/tasks/").status_code == 501
    site.simulator.switch(head_options=True, do_methods="any")
    assert site.http.options("/services/service.pxp?id=tasks").headers["allow"] == "GET, POST, HEAD, OPTIONS"
    assert site.http.head("/services/service.pxp?id=tasks").headers["content-type"] == "text/csv"
    assert site.http.put("/do/tasks/").status_code == 200


@pytest.mark.parametrize("style", ["page", "short", "json"])
def test_switch_error_html(style: str) -> None:
    site = Site(error_html=style)
    answer = site.get("nosuch")
    assert answer.status_code == 404 and "nosuch" in answer.text
    if style == "json":
        assert answer.json() == {"error": {"code": 404, "message": "Web Service ID nosuch not found"}}
        assert answer.headers["content-type"] == "application/json"
    else:
        assert answer.headers["content-type"] == "text/html"
        assert answer.text.startswith("<!DOCTYPE") == (style == "page")


def test_error_pages_escape_what_they_quote() -> None:
    text = Site().get("<script>x</script>").text
    assert "<script>" not in text and "&lt;script&gt;" in text


def test_journal_holds_no_secret() -> None:
    site = Site()
    token = site.token()
    site.http.get(f"/services/service.pxp?id=invoices&echo={token}", headers={"Authorization": f"Bearer {token}"})
    old = site.admin[1]
    new = site.simulator.rotate_secret("automation")
    site.http.post(TOKEN_PATH, data={"grant_type": "client_credentials", "client_id": site.admin[0], "client_secret": old})
    site.http.post(TOKEN_PATH, data={"grant_type": "client_credentials", "client_id": site.admin[0], "client_secret": new})
    site.simulator.rotate_secret("automation", "with space+and/signs")
    site.http.post(TOKEN_PATH, data={"client_secret": "with space+and/signs"})
    text = json.dumps(site.simulator.journal)
    for secret in (token, old, new, "with space+and/signs", "with+space"):
        assert secret not in text
    assert site.simulator.journal[1]["headers"]["authorization"].startswith("Bearer sha256:")
    assert [entry["status"] for entry in site.simulator.journal] == [200, 200, 401, 401, 401]


def test_settings_have_distinct_greppable_secrets() -> None:
    settings = Site().simulator.settings()
    assert set(settings) == {"client_id", "client_secret", "user_client_id", "user_client_secret"}
    assert len(set(settings.values())) == 4
    assert {len(settings["client_id"]), len(settings["client_secret"])} == {32, 40}


def test_faults_of_the_core_work_on_this_service() -> None:
    site = Site()
    site.simulator.fault(kind="status", status=503, path="service.pxp")
    assert [site.get("tasks").status_code for _attempt in range(2)] == [503, 200]


def test_a_sites_own_program() -> None:
    site = Site()
    assert site.http.get("/stock.pxp").json() == {"error": {"code": 401, "message": "token required"}}
    reader, admin = site.bearer(site.user), site.bearer()
    assert len(decoded(site.http.get("/stock.pxp", headers=reader))["items"]) == 5
    assert site.http.put("/stock.pxp?sku=1001", json={"onHand": 3}, headers=reader).status_code == 403
    assert site.http.put("/stock.pxp?sku=1001", json={"onHand": 3}, headers=admin).json()["onHand"] == 3
    created = site.http.post("/stock.pxp", json={"sku$": "2000", "price": "4.50"}, headers=admin)
    assert (created.status_code, created.json()["price"]) == (201, 4.5)
    assert site.http.post("/stock.pxp", json={"sku$": "2000"}, headers=admin).status_code == 400
    assert site.http.post("/stock.pxp", content=b"[", headers=admin).status_code == 400
    assert site.http.post("/stock.pxp", json=[], headers=admin).status_code == 400
    assert site.http.post("/stock.pxp", json={}, headers=admin).status_code == 400
    assert site.http.post("/stock.pxp", json={"sku$": "3", "colour$": "red"}, headers=admin).status_code == 400
    assert site.http.patch("/stock.pxp", headers=admin).status_code == 501
    gone = site.http.delete("/stock.pxp?sku=2000", headers=admin)
    assert (gone.status_code, gone.content) == (204, b"")
    assert site.http.get("/stock.pxp?sku=2000", headers=admin).status_code == 404


def test_control_actions_on_data() -> None:
    simulator = Site().simulator
    simulator.set_record("states", {"taxRate": "13.5"}, key="ON")
    assert simulator.get_table("states")["ON"] == {"stateCode$": "ON", "stateName$": "Ontario", "country$": "Canada", "taxRate": 13.5}
    simulator.set_record("states", {"stateCode$": "PE", "stateName$": "Prince Edward Island"})
    assert simulator.get_table("states")["PE"]["taxRate"] == 0
    simulator.set_record("states", {"stateName$": "Yukon"}, key="YT")
    assert simulator.get_table("states")["YT"]["stateCode$"] == "YT"
    simulator.set_record("notes", {"text$": "x"}, key="N1")
    assert simulator.get_table("notes")["N1"] == {"text$": "x", "author$": ""}
    assert "C001:INV-1008" in simulator.get_table("invoices")
    simulator.remove_record("invoices", "C001:INV-1008")
    assert "C001:INV-1008" not in simulator.get_table("invoices")
    wrong_calls: list[tuple[str, dict[str, Any]]] = [
        ("remove_record", {"table": "invoices", "key": "C001:INV-1008"}),
        ("get_table", {"table": "nosuch"}),
        ("set_record", {"table": "notes", "record": {"text$": "x"}}),
        ("set_record", {"table": "states", "record": {"nosuch": 1}, "key": "ON"}),
        ("set_rows", {"query": "nosuch", "rows": []}),
        ("set_rows", {"query": "tasks", "rows": [{"nosuch": 1}]}),
        ("set_rows", {"query": "tasks", "rows": [{"DONE": "yes"}]}),
        ("set_service", {"service_id": "nosuch"}),
        ("set_service", {"service_id": "tasks", "override": {"nosuch": True}}),
    ]
    for action, arguments in wrong_calls:
        assert action in simulator.actions()
        with pytest.raises(ControlError):
            getattr(simulator, action)(**arguments)
    simulator.reset()
    assert simulator.get_table("states")["ON"]["taxRate"] == 13


def test_set_rows_replaces_a_querys_rows() -> None:
    site = Site()
    site.simulator.set_rows("tasks", [{"TASK": "T9", "TITLE": "New", "DONE": 1}])
    assert site.get("tasks", type="JSON").json() == [{"ASSIGNEE": "", "DONE": 1, "DUE": "", "TASK": "T9", "TITLE": "New"}]
    site.simulator.set_rows("tasks")
    assert len(decoded(site.get("tasks", type="JSON"))) == 4


def test_every_switch_says_what_it_is_about() -> None:
    simulator = Site().simulator
    for name, switch in simulator.SWITCHES.items():
        assert switch.about and (not switch.choices or switch.default in switch.choices), name
        for choice in switch.choices:
            assert simulator.switch(**{name: choice})[name] == choice
    with pytest.raises(ControlError):
        simulator.switch(server="nginx")
