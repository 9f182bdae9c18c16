# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The project's checks. They run in the environment that scripts/bootstrap.py made; `make test` runs those of scripts/steps.py side by side."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

import nox
from nox.command import CommandFailed

sys.path.insert(0, str(Path(__file__).resolve().parent / "scripts"))

import _pythons
import _snapshot
import _workspace
import artifact
import steps
from _virtualenv import Virtualenv

nox.needs_version = ">=2024.10.9"
nox.options.default_venv_backend = "none"
nox.options.envdir = str(_workspace.BUILD / "nox")
nox.options.sessions = steps.STEPS
nox.options.stop_on_first_error = False

USER_ENVIRONMENT = dict(os.environ)
os.environ.clear()
os.environ.update(_workspace.environment_for_steps(USER_ENVIRONMENT))

# The Pythons that each ansible-core supports on the controller.
CORES = {
    "2.16": ("3.10", "3.11", "3.12"),
    "2.17": ("3.10", "3.11", "3.12"),
    "2.18": ("3.11", "3.12", "3.13"),
    "2.19": ("3.11", "3.12", "3.13"),
    "2.20": ("3.12", "3.13", "3.14"),
    "2.21": ("3.12", "3.13", "3.14"),
    "2.22": ("3.13", "3.14"),
}
# The first version to take where there is no final one yet.
PRERELEASES = {"2.22": "2.22.0rc1"}
PLUGINS = "ansible_collections.tokenflow.services.plugins"


def run_all(session: nox.Session, *commands: tuple[str, ...]) -> None:
    """Runs all commands, also those after one that fails; the session fails if any did."""
    failed = []
    for command in commands:
        try:
            session.run(*command)
        except CommandFailed:
            failed.append(command[0])
    if failed:
        session.error(f"Failed: {', '.join(failed)}")


@nox.session
def lint(session: nox.Session) -> None:
    """Formatting and common mistakes; `make format` mends what can be mended."""
    run_all(
        session,
        ("ruff", "format", "--check", "."),
        ("ruff", "check", "."),
        ("yamllint", "--strict", "."),
        ("shellcheck", "scripts/run.sh", ".ci/run"),
    )


@nox.session(name="format", default=False)
def format_(session: nox.Session) -> None:
    """Rewrites the sources in the project's format."""
    session.run("ruff", "check", "--fix-only", ".")
    session.run("ruff", "format", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Static types of the shared plugin code, the simulators, the integration tests, the benchmark and the scripts."""
    run_all(
        session,
        ("mypy", "-p", f"{PLUGINS}.module_utils", "-p", f"{PLUGINS}.plugin_utils", "-p", "tests.simulators"),
        ("mypy", "tests/integration", "tests/bench"),
        ("mypy", "scripts", "noxfile.py"),
    )


@nox.session
def sanity(session: nox.Session) -> None:
    """ansible-test sanity without an ignore file, on every Python of the machine that ansible-test knows."""
    tree = _snapshot.take()
    if ignored := sorted(path.name for path in tree.glob("tests/sanity/ignore*.txt")):
        session.error(f"tests/sanity has {', '.join(ignored)}: findings are mended here, not ignored.")
    folders = [str(python.path.parent) for python in _pythons.find(USER_ENVIRONMENT)]
    first, _separator, rest = os.environ["PATH"].partition(os.pathsep)
    with session.chdir(tree):
        session.run("ansible-test", "sanity", "--color", "no", *session.posargs, env={"PATH": os.pathsep.join([first, *folders, rest])})


@nox.session
def units(session: nox.Session) -> None:
    """Unit tests with coverage."""
    arguments = session.posargs or ["--cov", "--cov-report=term", f"--cov-report=html:{_workspace.BUILD / 'coverage' / 'html'}"]
    session.run("python", "-m", "pytest", *arguments)


@nox.session
def integration(session: nox.Session) -> None:
    """The targets of tests/integration against the simulators, over TLS."""
    session.run("python", "-m", "tests.integration", *session.posargs)


@nox.session
def ansible_lint(session: nox.Session) -> None:
    """ansible-lint with the production profile."""
    session.run("ansible-lint", "--offline", "--profile", "production", "--strict", *session.posargs)


@nox.session
def docs_check(session: nox.Session) -> None:
    """Plugin documentation, changelog and the links between the project's own files."""
    run_all(
        session,
        ("antsibull-docs", "lint-collection-docs", "--plugin-docs", "--validate-collection-refs", "self", str(_workspace.ROOT)),
        ("antsibull-changelog", "lint"),
        ("antsibull-changelog", "lint-changelog-yaml", "changelogs/changelog.yaml"),
        ("python", "scripts/check_links.py"),
    )


@nox.session
def licenses(session: nox.Session) -> None:
    """Every file says its licence (REUSE)."""
    with session.chdir(_snapshot.take()):
        session.run("reuse", "lint")


@nox.session
def galaxy(session: nox.Session) -> None:
    """Builds the collection, installs it elsewhere, and looks whether it is whole, lean and importable there."""
    folder = _workspace.BUILD / "galaxy"
    shutil.rmtree(folder, ignore_errors=True)
    session.run("ansible-galaxy", "collection", "build", "--output-path", str(folder))
    (archive,) = folder.glob("tokenflow-services-*.tar.gz")
    if problems := artifact.problems(archive, _snapshot.work_tree_files()):
        session.error("\n".join(problems))
    with tempfile.TemporaryDirectory() as installed:
        elsewhere = {"ANSIBLE_COLLECTIONS_PATH": installed, "PYTHONPATH": installed}
        session.run("ansible-galaxy", "collection", "install", "--offline", "-p", installed, str(archive), env=elsewhere)
        session.run("ansible-galaxy", "collection", "verify", "--offline", "tokenflow.services", env=elsewhere)
        with session.chdir(installed):
            session.run("python", str(_workspace.ROOT / "scripts" / "artifact.py"), env=elsewhere)


@nox.session
def demo(session: nox.Session) -> None:
    """The playbook playbooks/demo.yml against the simulators, twice, with an account of what happened."""
    session.run("python", "scripts/demo.py", *session.posargs)


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """What a task costs beside the same work with ansible.builtin.uri."""
    session.run("python", "-m", "tests.bench", *session.posargs)


@nox.session(default=False)
def docs(session: nox.Session) -> None:
    """The HTML site in build/docs/html; references to other sites that cannot be reached stay plain text."""
    folder = _workspace.BUILD / "docs"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    what = ("--use-current", "--squash-hierarchy", "tokenflow.services")
    settings = ("--project", "tokenflow.services", "--title", "tokenflow.services", "--copyright", "the tokenflow.services authors")
    session.run("antsibull-docs", "sphinx-init", "--lenient", *settings, "--extra-conf", "intersphinx_timeout=5", "--dest-dir", str(folder), *what)
    # antsibull-docs refuses a folder that others can write to.
    (folder / "rst").chmod(0o755)
    with session.chdir(folder):
        config = ("--config-file", "antsibull-docs.cfg")
        session.run("antsibull-docs", *config, "collection", "--fail-on-error", "--cleanup", "everything", "--dest-dir", "rst", *what)
        session.run("sphinx-build", "-M", "html", "rst", ".", "-q", "-c", ".")
    session.log(f"The site is in {(folder / 'html').relative_to(_workspace.ROOT)}")


@nox.session(default=False)
@nox.parametrize("core,python", [(core, python) for core, pythons in CORES.items() for python in pythons])
def matrix(session: nox.Session, core: str, python: str) -> None:
    """Unit and integration tests on an ansible-core and a Python that it supports."""
    found = [candidate for candidate in _pythons.find(USER_ENVIRONMENT) if candidate.text == python]
    if not found:
        session.skip(f"There is no Python {python} on this machine.")
    venv = Virtualenv(_workspace.BUILD / "matrix" / f"core-{core}-python-{python}", _workspace.BUILD / "cache" / "uv", USER_ENVIRONMENT)
    requirements = _workspace.REQUIREMENTS / "units.txt"
    if not venv.holds(requirements):
        venv.provide(found, requirements, f"ansible-core~={PRERELEASES.get(core, f'{core}.0')}")
    environment = _workspace.environment_for_steps(USER_ENVIRONMENT, venv.folder)
    session.run(str(venv.python), "-m", "pytest", "-q", *session.posargs, env=environment)
    session.run(str(venv.python), "-m", "tests.integration", env=environment)
