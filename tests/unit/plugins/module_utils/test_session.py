# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A session: one login, used until it ends, replaced when it must be."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils._errors import (
    CredentialsRejected,
    InvalidInput,
    LoginFailed,
    NotAuthorised,
    NotFound,
    TokenflowError,
    Unavailable,
)
from ansible_collections.tokenflow.services.plugins.module_utils._session import Session
from ansible_collections.tokenflow.services.plugins.module_utils._store import MemoryStore
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plugins._fakes import FakeFlow, Run, Service

# One login


def test_one_login_for_all_requests_of_all_tasks() -> None:
    run = Run()
    for _task in range(5):
        session = run.task()
        for _request in range(3):
            assert session.call("GET", "/x").content == b"answer to /x"
    assert run.service.logins == 1
    assert run.used == ["login-1"] * 15
    assert run.store.saves == ["login-1"]


def test_obtained_says_where_the_token_came_from() -> None:
    run = Run(can_renew=True)
    first, second, third = run.task(), run.task(), run.task()
    first.call("GET", "/x")
    first.call("GET", "/x")
    second.call("GET", "/x")
    run.pass_time(580)
    third.call("GET", "/x")
    assert [first.obtained, second.obtained, third.obtained] == ["login", "cache", "renewal"]


def test_nothing_is_asked_before_it_is_needed() -> None:
    run = Run()
    session = run.task()
    assert session.needs_new_token() is True
    assert session.kept() is None
    assert (run.service.logins, session.obtained) == (0, "")


def test_the_lock_is_taken_for_a_login_only() -> None:
    run = Run()
    run.task().call("GET", "/x")
    assert run.store.locks == 1
    run.task().call("GET", "/x")
    assert run.store.locks == 1


def test_somebody_else_may_log_in_while_we_wait() -> None:
    run = Run()
    original, other = run.store.lock, FakeFlow(run.service)

    def waited() -> Any:
        run.store.lock = original  # type: ignore[method-assign]
        with original():
            run.store.save(other.login())
        return original()

    run.store.lock = waited  # type: ignore[method-assign]
    session = run.task()
    session.call("GET", "/x")
    assert (run.service.logins, run.used, session.obtained) == (1, ["login-1"], "cache")


def test_tokens_are_secret_from_when_they_are_known() -> None:
    run = Run(can_renew=True)
    run.task().call("GET", "/x")
    other = Service()
    other.good, other.time = run.service.good, run.service.time + 580
    session = Session(FakeFlow(other, can_renew=True), run.store)
    other.renewal_errors.append(Unavailable("later", service="Fake"))
    with pytest.raises(Unavailable):
        session.call("GET", "/x")
    assert "login-1" in other.secrets.values


# Its end


@pytest.mark.parametrize(
    ("lifetime", "age", "logins"), [(600, 569, 1), (600, 570, 2), (600, 5000, 2), (60, 47, 1), (60, 48, 2), (10, 7.9, 1), (10, 8.1, 2), (None, 1e9, 1)]
)
def test_a_token_is_replaced_shortly_before_its_end(lifetime: float | None, age: float, logins: int) -> None:
    """30 seconds before, or a fifth of its life if that is less."""
    run = Run(lifetime=lifetime)
    run.task().call("GET", "/x")
    run.pass_time(age)
    assert run.task().needs_new_token() is (logins == 2)
    run.task().call("GET", "/x")
    assert run.service.logins == logins


def test_a_token_that_ends_within_a_task_is_replaced() -> None:
    run = Run()
    session = run.task()
    session.call("GET", "/x")
    run.pass_time(590)
    session.call("GET", "/x")
    assert run.used == ["login-1", "login-2"]


def test_a_live_token_is_renewed_and_a_dead_one_is_not() -> None:
    run = Run(can_renew=True)
    run.task().call("GET", "/x")
    run.pass_time(580)
    run.task().call("GET", "/x")
    assert (run.service.logins, run.service.renewals) == (1, 1)
    run.pass_time(601)
    run.task().call("GET", "/x")
    assert (run.service.logins, run.service.renewals) == (2, 1)
    assert run.used == ["login-1", "renewal-1", "login-2"]


def test_a_renewal_that_fails_is_a_login_with_a_warning() -> None:
    run = Run(can_renew=True)
    run.task().call("GET", "/x")
    run.pass_time(580)
    run.service.renewal_errors.append(LoginFailed("refused as malformed", status=400))
    session = run.task()
    session.call("GET", "/x")
    assert (run.used[-1], session.obtained) == ("login-2", "login")
    (warning,) = session.warnings
    assert "refused as malformed" in warning


def test_a_renewal_that_rejects_the_credentials_is_remembered() -> None:
    run = Run(can_renew=True)
    run.task().call("GET", "/x")
    run.pass_time(580)
    run.service.renewal_errors.append(CredentialsRejected("rejected", status=403))
    for _task in range(2):
        with pytest.raises(CredentialsRejected):
            run.task().call("GET", "/x")
    assert (run.service.logins, run.service.renewals) == (1, 1)


# A lifetime asked for


@pytest.mark.parametrize(("age", "minimum", "logins"), [(0, 300, 1), (299, 300, 1), (301, 300, 2), (301, 0, 1), (10, 580, 1), (10, 900, 1), (580, 900, 2)])
def test_a_minimum_lifetime(age: float, minimum: float, logins: int) -> None:
    """One that the service does not give at all does not lead to a login each time."""
    run = Run()
    run.task().call("GET", "/x")
    run.pass_time(age)
    run.task(minimum_lifetime=minimum).token()
    assert run.service.logins == logins


def test_a_minimum_lifetime_beyond_what_the_service_gives_is_a_warning() -> None:
    run = Run()
    session = run.task(minimum_lifetime=900)
    session.token()
    (warning,) = session.warnings
    assert "600" in warning
    assert "900" in warning
    again = run.task(minimum_lifetime=900)
    again.token()
    assert run.service.logins == 1


@given(st.floats(1, 1e5), st.floats(0, 1e5), st.floats(0, 1e5))
def test_a_token_that_is_used_is_alive_and_no_login_is_made_for_nothing(lifetime: float, age: float, minimum: float) -> None:
    run = Run(lifetime=lifetime)
    run.task().token()
    run.pass_time(age)
    token = run.task(minimum_lifetime=minimum).token()
    assert token.lives(run.service.time)
    if run.service.logins == 2:
        assert age >= lifetime * 0.8 or age >= lifetime - 30 or age + minimum >= lifetime
        again = run.task(minimum_lifetime=minimum)
        again.token()
        assert run.service.logins == 2


# Logins that fail


@pytest.mark.parametrize("error", [CredentialsRejected("wrong", status=401), LoginFailed("two-factor", status=400), CredentialsRejected("wrong", status=403)])
def test_a_refused_login_is_made_once(error: TokenflowError) -> None:
    run = Run()
    run.service.login_errors = [error] * 5
    for _task in range(50):
        with pytest.raises(type(error)):
            run.task().call("GET", "/x")
    assert run.service.logins == 1
    assert not run.service.sent


@pytest.mark.parametrize("error", [LoginFailed("odd", status=500), LoginFailed("no token", status=200), Unavailable("busy", status=503), LoginFailed("odd")])
def test_a_login_that_failed_for_the_moment_is_made_again(error: TokenflowError) -> None:
    run = Run()
    run.service.login_errors = [error]
    with pytest.raises(type(error)):
        run.task().call("GET", "/x")
    assert run.task().call("GET", "/x").status == 200
    assert run.service.logins == 2


# Requests


def test_check_mode_sends_no_write() -> None:
    run = Run()
    session = run.task(check_mode=True)
    for method in ("POST", "PUT", "PATCH", "DELETE", "post"):
        with pytest.raises(RuntimeError, match="check mode"):
            session.call(method, "/x")
    with pytest.raises(RuntimeError, match="check mode"):
        session.call("GET", "/x", write=True)
    assert not run.service.sent
    for method in ("GET", "HEAD", "OPTIONS"):
        session.call(method, "/x")
    session.call("POST", "/search", write=False)
    assert len(run.service.sent) == 4


def test_an_unexpected_status_is_an_error() -> None:
    run = Run()
    run.service.statuses = {"/gone": 404, "/made": 201}
    session = run.task()
    with pytest.raises(NotFound) as caught:
        session.call("GET", "/gone")
    error = caught.value
    assert (error.service, error.method, error.path, error.status, error.reply) == ("Fake", "GET", "/gone", 404, "answer to /gone")
    with pytest.raises(TokenflowError):
        session.call("POST", "/made")
    assert session.call("POST", "/made", expect=(200, 201)).status == 201
    assert session.call("GET", "/gone", expect=(404,)).status == 404
    assert session.call("GET", "/gone", expect=()).status == 404


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_names_its_target(status: int) -> None:
    run = Run()
    run.service.statuses, run.service.headers = {"/old": status}, {"Location": "https://other.example/new"}
    with pytest.raises(TokenflowError) as caught:
        run.task().call("GET", "/old")
    assert f"the service redirects to https://other.example/new (HTTP {status}), which is not followed" in caught.value.message
    assert "base_url" in caught.value.hint


def test_secrets_are_not_in_errors() -> None:
    run = Run()
    run.service.statuses = {"/hush/login-1": 400}
    run.service.secrets.add("hush")
    with pytest.raises(TokenflowError) as caught:
        run.task().call("GET", "/hush/login-1")
    assert "hush" not in str(caught.value)
    assert "login-1" not in str(caught.value)


def test_a_service_that_needs_no_login_gets_no_token() -> None:
    run = Run(login_needed=False)
    session = run.task()
    assert session.needs_new_token() is False
    session.call("GET", "/x")
    assert run.service.sent == [("GET", "/x", None)]
    run.service.statuses = {"/x": 401}
    with pytest.raises(NotAuthorised):
        session.call("GET", "/x")
    assert run.service.logins == 0


# Given, forced, ended


def test_a_given_token_is_used_as_it_is() -> None:
    run = Run(token="given-token")
    run.service.good = {"given-token"}
    session = run.task()
    session.call("GET", "/x")
    assert (run.used, session.obtained, run.service.logins) == (["given-token"], "given", 0)
    assert "given-token" in run.service.secrets.values
    assert run.store.saves == []
    assert session.needs_new_token() is False
    assert session.token().expires_at is None


def test_a_given_token_goes_where_no_login_is_needed_too() -> None:
    run = Run(token="given-token", login_needed=False)
    run.service.good = {"given-token"}
    run.task().call("GET", "/x")
    assert run.used == ["given-token"]


def test_a_given_token_that_is_not_accepted_is_an_error_and_no_login() -> None:
    run = Run(token="given-token")
    with pytest.raises(NotAuthorised, match="given token was not accepted") as caught:
        run.task().call("GET", "/x")
    assert "may have run out or been withdrawn" in caught.value.hint
    assert (run.service.logins, len(run.service.sent), run.store.saves) == (0, 1, [])


def test_a_given_token_keeps_no_state() -> None:
    run = Run(token="given-token")
    run.service.good = {"given-token"}
    run.task().call("POST", "/lock")
    assert run.store.saves == []


@pytest.mark.parametrize("action", ["force", "end"])
def test_a_given_token_is_neither_renewed_nor_ended(action: str) -> None:
    with pytest.raises(InvalidInput, match="given with the token option"):
        getattr(Run(token="given-token").task(), action)()


@pytest.mark.parametrize(
    ("can_renew", "age", "obtained", "value"),
    [(True, 10, "renewal", "renewal-1"), (False, 10, "login", "login-2"), (True, 601, "login", "login-2"), (True, None, "login", "login-1")],
)
def test_force_makes_a_new_token(can_renew: bool, age: float | None, obtained: str, value: str) -> None:
    run = Run(can_renew=can_renew)
    if age is not None:
        run.task().token()
        run.pass_time(age)
    session = run.task()
    assert (session.force().value, session.obtained) == (value, obtained)
    assert run.store.token is not None
    assert run.store.token.value == value


def test_end_withdraws_and_forgets() -> None:
    run = Run()
    assert run.task().end() == (False, False)
    run.task().token()
    session = run.task()
    assert session.end() == (True, True)
    assert (run.service.revoked, run.store.token) == (["login-1"], None)
    assert run.task().end() == (False, False)
    session.call("GET", "/x")
    assert run.used == ["login-2"]


def test_end_does_not_withdraw_a_dead_token() -> None:
    run = Run()
    run.task().token()
    run.pass_time(601)
    assert run.task().end() == (True, False)
    assert (run.service.revoked, run.store.token) == ([], None)


def test_end_in_check_mode_leaves_the_token() -> None:
    run = Run()
    run.task().token()
    assert run.task(check_mode=True).end() == (True, False)
    assert run.service.revoked == []
    run.task().call("GET", "/x")
    assert run.used == ["login-1"]


def test_a_memory_store_tells_what_became_of_its_token() -> None:
    store = MemoryStore()
    assert (store.load(), store.changed, store.rejection) == (None, False, None)
    token = FakeFlow(Service()).login()
    store.save(token)
    assert (store.load(), store.changed) == (token, True)
    kept = MemoryStore(token)
    assert kept.changed is False
    kept.forget()
    assert (kept.load(), kept.changed) == (None, True)
