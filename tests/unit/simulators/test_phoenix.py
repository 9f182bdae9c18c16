# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Phoenix simulator's transport: tokens, errors, pages, visibility, and what its switches change of them (contract §2, §8)."""

from __future__ import annotations

import base64
import json
import re
import uuid
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from tests.simulators._core import ControlError
from tests.simulators.phoenix import ROUTES, PhoenixSimulator

from ._phoenix import MISSING, TOKEN_PATH, Tenant, api, other, simulator

__all__ = ["api", "other", "simulator"]

NW = "northwind-bikes.example"


def basic(text: str, scheme: str = "Basic") -> dict[str, str]:
    return {"Authorization": f"{scheme} {base64.b64encode(text.encode()).decode()}"}


# The token (contract §2.2)


def test_a_token_is_given_for_a_credential(simulator: PhoenixSimulator, api: Tenant) -> None:
    answer = api.http.get(TOKEN_PATH, auth=api.credential)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert list(answer.json()) == ["token", "expiry"]
    assert isinstance(answer.json()["expiry"], int)
    assert answer.json()["expiry"] == pytest.approx(simulator.clock.now() + 3600, abs=5)
    assert answer.text == json.dumps(answer.json(), separators=(",", ":"))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        basic("unknown:pat1_nothing"),
        basic(f"{PhoenixSimulator().settings()['client_id']}:wrong"),
        basic(f"{PhoenixSimulator().settings()['client_id']}"),
        basic(":"),
        {"Authorization": "Basic ***"},
        {"Authorization": "Basic"},
        basic(":".join(PhoenixSimulator().settings()[key] for key in ("client_id", "client_secret")), scheme="Bearer"),
        basic(":".join(PhoenixSimulator().settings()[key] for key in ("client_id", "other_client_secret"))),
    ],
)
def test_wrong_credentials_get_401(api: Tenant, headers: dict[str, str]) -> None:
    answer = api.http.get(TOKEN_PATH, headers=headers)
    assert (answer.status_code, answer.json()) == (401, {"error": "bad credentials"})
    assert "www-authenticate" not in answer.headers


def test_the_token_is_not_given_by_post(api: Tenant) -> None:
    answer = api.http.post(TOKEN_PATH, auth=api.credential, data={"grant_type": "client_credentials"})
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]
    api.switch(absent_method_status=404)
    assert api.http.post(TOKEN_PATH, auth=api.credential).status_code == 404


def test_the_token_path_of_the_wrong_document_does_not_exist(api: Tenant) -> None:
    assert api.http.get("/v1/access_token", auth=api.credential).status_code == 401
    api(404, "GET", "access_token")


def test_several_tokens_live_together(api: Tenant, simulator: PhoenixSimulator) -> None:
    tokens = [api.login() for _count in range(3)]
    assert len({api.token, *tokens}) == 4
    for token in [api.token, *tokens]:
        api.token = token
        api(200, "GET", "users")
    assert len([token for token in api.state("tokens") if token["live"]]) == 4


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer nothing"}, {"Authorization": "Bearer"}, {"Authorization": "Token {token}"}, {"Authorization": "{token}"}, basic("a:b")],
)
def test_a_call_without_a_live_token_gets_401(api: Tenant, headers: dict[str, str]) -> None:
    headers = {name: value.format(token=api.token) for name, value in headers.items()}
    for path in ("/v1/applications", f"/v1/teams/{MISSING}", "/v1/nowhere"):
        answer = api.http.get(path, headers=headers)
        assert (answer.status_code, answer.json()) == (401, {"error": "Unauthorized"})


def test_a_token_runs_out_with_the_clock(api: Tenant, simulator: PhoenixSimulator) -> None:
    api.switch(token_ttl=600)
    token = api.login()
    simulator.advance(599)
    assert api.http.get("/v1/users", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    simulator.advance(2)
    assert api.http.get("/v1/users", headers={"Authorization": f"Bearer {token}"}).status_code == 401
    api(200, "GET", "users")


@pytest.mark.parametrize("action", ["expire_tokens", "revoke_tokens", "reset"])
def test_tokens_can_be_ended(api: Tenant, simulator: PhoenixSimulator, action: str) -> None:
    getattr(simulator, action)()
    api(401, "GET", "users")
    api.token = api.login()
    api(200, "GET", "users")


def test_the_told_expiry_may_be_off(api: Tenant, simulator: PhoenixSimulator) -> None:
    api.switch(token_ttl=60, expiry_skew=-7200)
    answer = api.http.get(TOKEN_PATH, auth=api.credential)
    assert answer.json()["expiry"] == pytest.approx(simulator.clock.now() - 7140, abs=5)
    api.token = answer.json()["token"]
    api(200, "GET", "users")
    api.switch(omit_expiry=True)
    assert list(api.http.get(TOKEN_PATH, auth=api.credential).json()) == ["token"]


def test_a_deactivated_credential_gets_no_token(api: Tenant, simulator: PhoenixSimulator) -> None:
    simulator.set_credential(api.credential[0], active=False)
    assert api.http.get(TOKEN_PATH, auth=api.credential).status_code == 401
    simulator.set_credential(api.credential[0], active=True)
    assert api.http.get(TOKEN_PATH, auth=api.credential).status_code == 200
    with pytest.raises(ControlError):
        simulator.set_credential("nobody", active=True)


# Errors and the gateway (contract §2.1, §2.5)


@pytest.mark.parametrize(
    ("shape", "content_type", "text"),
    [
        ("error", "application/json", '{"error":"Team not found"}'),
        ("message", "application/json", '{"message":"Team not found"}'),
        ("empty", None, ""),
        ("html", "text/html; charset=utf-8", "<h1>404 Not Found</h1>"),
    ],
)
def test_error_bodies(api: Tenant, shape: str, content_type: str | None, text: str) -> None:
    api.switch(error_body=shape)
    answer = api.request("GET", f"teams/{MISSING}")
    assert answer.status_code == 404
    assert answer.headers.get("content-type") == content_type
    assert text in answer.text
    assert bool(answer.text) == bool(text)


def test_www_authenticate(api: Tenant) -> None:
    api.switch(www_authenticate=True)
    assert api.http.get(TOKEN_PATH).headers["www-authenticate"] == 'Basic realm="phoenix"'
    assert api.http.get("/v1/users").headers["www-authenticate"] == 'Bearer realm="phoenix"'


def test_gateway_403(api: Tenant, simulator: PhoenixSimulator) -> None:
    api.switch(gateway_403=True)
    simulator.expire_tokens()
    answer = api.request("GET", "users")
    assert (answer.status_code, answer.json()) == (403, {"message": "Forbidden"})
    assert api.http.get("/v1/users").status_code == 401


@pytest.mark.parametrize(
    ("mode", "status", "text", "retry_after"),
    [
        (429, 429, "Too Many Requests", "30"),
        ("429-bare", 429, "Too Many Requests", None),
        (503, 503, "Service Unavailable", "30"),
        ("503-bare", 503, "Service Unavailable", None),
    ],
)
def test_throttling(api: Tenant, simulator: PhoenixSimulator, mode: str | int, status: int, text: str, retry_after: str | None) -> None:
    api.switch(throttle=mode, throttle_limit=2, throttle_window=30)
    api(200, "GET", "users")
    api(200, "GET", "users")
    for answer in (api.request("GET", "users"), api.http.get(TOKEN_PATH, auth=api.credential)):
        assert (answer.status_code, answer.json()) == (status, {"message": text})
        assert answer.headers.get("retry-after") == retry_after
    simulator.advance(30)
    api(200, "GET", "users")
    api.switch(throttle_limit=0)
    simulator.advance(30)
    assert api.request("GET", "users").status_code == status
    api.switch(throttle="off")
    api(200, "GET", "users")


def test_a_body_over_the_limit_is_the_gateways_matter(api: Tenant) -> None:
    body = json.dumps({"name": "Padding", "type": "GENERAL", "padding": "x" * 10 * 1024 * 1024})
    answer = api.request("POST", "teams", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()) == (413, {"message": "Request Entity Too Large"})
    api.token = "none"
    assert api.request("POST", "teams", content=body).status_code == 413
    api.switch(max_body=40)
    assert api.http.get(TOKEN_PATH, auth=api.credential).status_code == 200
    assert api.request("POST", "teams", {"name": "Small", "type": "GENERAL", "more": "123"}).status_code == 413


def test_every_answer_has_the_gateways_mark_and_a_date(api: Tenant, simulator: PhoenixSimulator) -> None:
    simulator.advance(86400)
    api.token = api.login()
    answers = [api.request("GET", "users"), api.request("GET", "nowhere"), api.http.get("/v1/users"), api.http.get(TOKEN_PATH)]
    marks = [answer.headers["apigw-requestid"] for answer in answers]
    assert len(set(marks)) == 4
    assert all(re.fullmatch(r"[\w-]{15}=", mark) for mark in marks)
    for answer in answers:
        assert parsedate_to_datetime(answer.headers["date"]).timestamp() == pytest.approx(simulator.clock.now(), abs=5)


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'{"name":NaN,"type":"GENERAL"}', "application/json", 400),
        (b"\xff", "application/json", 400),
        (b'{"name":"Aces","type":"GENERAL"}', "text/plain", 415),
        (b'{"name":"Aces","type":"GENERAL"}', "application/x-www-form-urlencoded", 415),
        (b'{"name":"Aces","type":"GENERAL"}', "application/json; charset=utf-8", 201),
    ],
)
def test_a_body_is_a_json_object(api: Tenant, content: bytes, content_type: str, status: int) -> None:
    assert api.request("POST", "teams", content=content, headers={"Content-Type": content_type}).status_code == status


def test_trailing_slash(api: Tenant) -> None:
    assert api(200, "GET", "components/?pageNumber=0") == api(200, "GET", "components")
    assert api.http.get(TOKEN_PATH + "/", auth=api.credential).status_code == 200
    api.switch(trailing_slash=404)
    api(404, "GET", "components/")
    assert api.http.get(TOKEN_PATH + "/", auth=api.credential).status_code == 404
    api(200, "GET", "components")


def test_validation_status(api: Tenant) -> None:
    for status in (422, 400):
        api.switch(validation_status=status)
        api.refused(status, "pageSize", "GET", "users?pageSize=0")
        api.refused(status, "type", "POST", "teams", {"name": "Aces", "type": "SECRET"})
    api.switch(validation_status=422)
    api(400, "POST", "users/activate", {})


# Pages (contract §2.7)


def test_the_envelope_of_a_page(api: Tenant) -> None:
    page = api(200, "GET", "applications?pageSize=3&pageNumber=1&sort=name,asc&name=Web&minimal=true&applicationId=x")
    names = ["content", "first", "last", "pageNumber", "pageNumberOfElements", "pageSize", "totalElements", "totalPages"]
    assert list(page) == names
    assert [page[name] for name in names[1:]] == [False, False, 1, 3, 3, 8, 3]
    assert [item["name"] for item in page["content"]] == ["Bike Configurator", "Dealer Portal", "Order Hub"]
    last = api(200, "GET", "applications?pageSize=3&pageNumber=2")
    assert [last[name] for name in names[1:]] == [False, True, 2, 2, 3, 8, 3]
    beyond = api(200, "GET", "applications?pageSize=3&pageNumber=9")
    assert [beyond[name] for name in names] == [[], False, True, 9, 0, 3, 8, 3]


def test_default_page_sizes(api: Tenant, simulator: PhoenixSimulator) -> None:
    counts = simulator.generate(applications=25, components_per_application=2, users=120)
    assert counts == {"applications": 33, "components": 64, "users": 126}
    for path, size in (("applications", 20), ("components", 20), ("users", 100), ("teams", 100)):
        page = api(200, "GET", path)
        assert page["pageSize"] == size
        assert len(page["content"]) == min(size, page["totalElements"])
    for path in ("assets", "findings"):
        assert api(200, "POST", path, {"requests": [{"types": ["INFRA"]}]})["pageSize"] == 20
    assert len(api.every("applications")) == 33
    assert len({item["id"] for number in range(7) for item in api(200, "GET", f"components?pageSize=10&pageNumber={number}")["content"]}) == 64


@pytest.mark.parametrize("query", ["pageSize=0", "pageSize=-1", "pageSize=x", "pageNumber=-1", "pageNumber=1.5"])
def test_pages_out_of_range(api: Tenant, query: str) -> None:
    api.refused(400, query.partition("=")[0], "GET", f"users?{query}")


def test_max_page_size(api: Tenant) -> None:
    api.switch(max_page_size=3)
    page = api(200, "GET", "applications?pageSize=1000")
    assert (page["pageSize"], page["totalPages"], len(page["content"])) == (3, 3, 3)
    api.switch(page_size_excess=400)
    api.refused(400, "pageSize must not be greater than 3", "GET", "applications?pageSize=4")
    assert len(api(200, "GET", "applications?pageSize=3")["content"]) == len(api(200, "GET", "applications")["content"]) == 3


def test_list_order(api: Tenant) -> None:
    inserted = [item["name"] for item in api.every("applications")]
    api.switch(list_order="shuffled")
    shuffled = [item["name"] for item in api.every("applications")]
    assert shuffled != inserted
    assert sorted(shuffled) == sorted(inserted)
    assert [api(200, "GET", f"applications?pageSize=1&pageNumber={n}")["content"][0]["name"] for n in range(8)] == shuffled


def test_empty_total_pages(api: Tenant) -> None:
    path = f"components?parentId={MISSING}"
    page = api(200, "GET", path)
    assert (page["totalPages"], page["first"], page["last"], page["content"]) == (0, True, True, [])
    api.switch(empty_total_pages=1)
    assert api(200, "GET", path)["totalPages"] == 1


# Visibility (contract §2.4) and what does not exist


def ids_of(tenant: Tenant) -> dict[str, str]:
    asset = tenant.search("assets", {"requests": [{"types": ["REPOSITORY"]}]})[0]
    return {
        "applications": tenant.every("applications")[-1]["id"],
        "components": tenant.every("components")[-1]["id"],
        "teams": tenant.every("teams")[0]["id"],
        "assets": asset["id"],
        "findings": tenant.search("findings", {})[0]["id"],
        "vulnerabilities": tenant.search("findings", {})[0]["id"],
        "campaigns": tenant.state("campaigns")[0]["id"] if tenant.credential[0].startswith("7c") else tenant.simulator.get_state("campaigns", 1)[0]["id"],
    }


BODIES: dict[str, Any] = {
    "tags": {"action": "delete", "tags": [{"key": "bu", "value": "ferries"}]},
    "deploy": {"serviceSelectors": {"names": ["shop-cluster"]}},
    "rules": {"rules": [{"name": "r", "filter": {"keyLike": "*x*"}}]},
    "users": {"users": [{"email": f"lena.fischer@{NW}"}]},
    "repository": {"repository": "harbour/x"},
    "responsible-users": {"responsibleUsers": [{"email": f"lena.fischer@{NW}"}]},
}


def id_routes() -> list[tuple[str, str, str]]:
    found = [(method, path, path.split("/")[2]) for path, handlers in ROUTES for method in handlers if "{id}" in path]
    return [route for route in found if route[2] != "import" and route[:2] != ("GET", "/v1/components/{id}/rules")]


@pytest.mark.parametrize(("method", "path", "kind"), id_routes())
def test_objects_of_another_organisation_are_not_there(api: Tenant, other: Tenant, method: str, path: str, kind: str) -> None:
    foreign = ids_of(other)[kind]
    before = [other.simulator.get_state(view, 1) for view in ("applications", "components", "teams", "assets", "findings")]
    tail = path.rsplit("/", 1)[-1]
    for identifier in (foreign, MISSING, "not-a-uuid"):
        target = path.removeprefix("/v1/").replace("{id}", identifier).replace("{email}", "ines.duarte@harbour-lines.example")
        api(404, method, target, BODIES.get(tail, {"tags": [{"value": "x"}]}))
    assert before == [other.simulator.get_state(view, 1) for view in ("applications", "components", "teams", "assets", "findings")]


def test_lists_and_searches_show_only_the_own_organisation(api: Tenant, other: Tenant) -> None:
    for path in ("applications", "components", "teams", "users"):
        assert not {item["id"] for item in api.every(path)} & {item["id"] for item in other.every(path)}
    for path, body in (("assets", {"requests": [{"types": ["REPOSITORY"]}]}), ("findings", {})):
        mine, theirs = api.search(path, body), other.search(path, body)
        assert mine
        assert theirs
        assert not {item["id"] for item in mine} & {item["id"] for item in theirs}
    assert {item["organizationId"] for item in api.every("applications")} != {item["organizationId"] for item in other.every("applications")}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "applications/{applications}"),
        ("DELETE", "applications"),
        ("DELETE", "teams/{teams}"),
        ("PATCH", "teams/{teams}"),
        ("DELETE", "users"),
        ("GET", "teams/{teams}/applications/auto-link/tags"),
        ("GET", "applications/{applications}/deploy"),
        ("PUT", "components/{components}"),
        ("PUT", "components/{components}/tags"),
        ("POST", "findings/{findings}"),
        ("GET", "assets"),
    ],
)
def test_what_the_service_cannot_do(api: Tenant, method: str, path: str) -> None:
    target = path.format(**ids_of(api))
    answer = api.request(method, target, {})
    assert answer.status_code == 405
    assert answer.headers["allow"]
    api.switch(absent_method_status=404)
    api(404, method, target, {})


def test_rules_cannot_be_read(api: Tenant) -> None:
    component = ids_of(api)["components"]
    calls = [("GET", "components/rules?pageSize=5"), ("DELETE", f"components/rules/{MISSING}"), ("GET", f"components/{component}/rules")]
    for status in (405, 404):
        api.switch(rules_read=status)
        for method, path in calls:
            api(status, method, path)


def test_undocumented_routes(api: Tenant) -> None:
    calls = [("GET", f"users/lena.fischer@{NW}"), ("PATCH", f"users/lena.fischer@{NW}"), ("PATCH", "components/tags")]
    for status in (404, 405):
        api.switch(undocumented_routes=status)
        for method, path in calls:
            api(status, method, path, {"tags": [{"value": "x"}]})


def test_propagation_delay(api: Tenant, simulator: PhoenixSimulator) -> None:
    api.switch(propagation_delay=10)
    application = api.application("Rental Desk")
    api(404, "GET", f"applications/{application['id']}")
    api(404, "POST", "components", {"applicationSelector": {"name": "Rental Desk"}, "name": "desk"})
    assert "Rental Desk" not in {item["name"] for item in api.every("applications")}
    assert "must be unique" in api.application("Rental Desk", 409)["error"]
    component = api.component("Web Shop", "wish-list")
    api(404, "POST", f"components/{component['id']}/rules", BODIES["rules"])
    team = api(201, "POST", "teams", {"name": "Rental", "type": "GENERAL"})
    user = api(200, "POST", "users", {"email": f"new@{NW}", "firstName": "New", "lastName": "One", "role": "ORG_USER"})
    api(404, "GET", f"teams/{team['id']}")
    api.refused(400, "Invalid user email", "PATCH", "applications", {"applicationSelector": {"name": "Web Shop"}, "owner": {"id": user["id"]}})
    simulator.advance(10)
    api(200, "GET", f"applications/{application['id']}")
    api(201, "POST", f"components/{component['id']}/rules", BODIES["rules"])
    api(200, "GET", f"teams/{team['id']}")
    api(200, "PATCH", "applications", {"applicationSelector": {"name": "Web Shop"}, "owner": {"id": user["id"]}})


# What tests rely on


def test_identifiers_are_the_same_in_every_run(api: Tenant, simulator: PhoenixSimulator) -> None:
    def run(tenant: Tenant) -> list[str]:
        made = [tenant.application("Rental Desk")["id"], tenant.component("Rental Desk", "desk")["id"]]
        return made + [item["id"] for path in ("applications", "components", "teams", "users") for item in tenant.every(path)]

    first = run(api)
    assert all(str(uuid.UUID(identifier)) == identifier for identifier in first)
    assert len(set(first[2:])) == len(first) - 2
    simulator.reset()
    api.token = api.login()
    assert run(api) == first == run(Tenant(PhoenixSimulator("phoenix-2")))


def test_tokens_of_one_instance_are_strangers_to_another(api: Tenant) -> None:
    second = Tenant(PhoenixSimulator("phoenix-2"))
    second.token = api.token
    second(401, "GET", "users")


def test_the_journal_shows_no_secret(api: Tenant, simulator: PhoenixSimulator) -> None:
    secret = api.credential[1]
    api.request("POST", f"teams?s={secret}", {"name": secret, "type": "GENERAL", "token": api.token})
    api.request("GET", "users", headers={"Authorization": f"Bearer {secret}"})
    assert len(simulator.journal) == 3
    text = json.dumps(simulator.journal)
    assert secret not in text
    assert api.token not in text
    assert base64.b64encode(":".join(api.credential).encode()).decode() not in text
    assert simulator.journal[0]["headers"]["authorization"].startswith("Basic sha256:")
    assert '"***"' in simulator.journal[1]["body"]


def test_every_switch_has_a_text_and_takes_its_positions(simulator: PhoenixSimulator) -> None:
    for name, switch in simulator.SWITCHES.items():
        assert switch.about, name
        for choice in switch.choices:
            assert simulator.switch(**{name: choice})[name] == choice
        if switch.choices:
            assert switch.choices[0] == switch.default or name in ("owner_required", "strict_roles", "patch_application_by_id", "application_tag_ids")
            with pytest.raises(ControlError):
                simulator.switch(**{name: "no such position"})
