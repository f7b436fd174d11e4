from __future__ import annotations

import os
from pathlib import Path

import pytest

from retinue.engine.limits import Limits
from retinue.errors import ManifestError, UsageError
from retinue.operations.session import endpoint_of
from retinue.platform.endpoints import Local, ModelServer, Remote
from retinue.project import OpenAIPlatform, Project, load_project


def project(
    root: Path,
    text: str,
    *,
    stack: str | None = None,
    environ: dict[str, str] | None = None,
    variables: dict[str, str] | None = None,
) -> Project:
    (root / "retinue.yaml").write_text(text, encoding="utf-8")
    return load_project(root, stack=stack, environ=environ or {}, variables=variables)


STACKS = """\
project: demo
platform: {api: local}
variables: {model: gpt-4o, team: math}
stacks:
  dev: {}
  prod:
    platform: {api: openai, base_url: "${env:PROD_URL}", timeout: 30}
    state: {path: ../prod.json}
    variables: {model: gpt-5}
"""


def test_an_empty_project_file_means_the_defaults(tmp_path: Path) -> None:
    root = tmp_path / "My Team!"
    root.mkdir()
    found = project(root, "# all defaults\n")
    assert found.name == "my-team"
    assert found.stack == "default"
    assert found.manifests == root / "assistants"
    assert found.target == "assistants"
    assert found.platform == Local(database=root / ".retinue" / "platform.db")
    assert found.state_path == root / ".retinue" / "state" / "default.json"
    assert found.safety == Limits(max_delete_percent=30, max_update_percent=50, min_existing=10)
    assert found.parallelism == 16


def test_every_key_is_read(tmp_path: Path) -> None:
    found = project(
        tmp_path,
        """\
version: 1
project: demo
manifests: team
target: assistants
platform: {api: openai, base_url: "http://x/v1", api_key_env: KEY, timeout: 5, max_parallel: 4}
state: {path: state.json}
variables: {text: a, number: 1.5, flag: true, none: null}
safety: {max_delete_percent: 1, max_update_percent: 2, min_existing: 3}
parallelism: 2
""",
    )
    assert found.name == "demo"
    assert found.manifests == tmp_path / "team"
    assert found.platform == OpenAIPlatform("http://x/v1", "KEY", 5, 4)
    endpoint = endpoint_of(found)
    assert isinstance(endpoint, Remote)
    assert (endpoint.timeout, endpoint.max_parallel) == (5, 4)
    assert found.state_path == tmp_path / "state.json"
    assert found.variables == {"text": "a", "number": "1.5", "flag": "true", "none": None}
    assert found.safety == Limits(max_delete_percent=1, max_update_percent=2, min_existing=3)
    assert found.parallelism == 2


def test_the_project_is_found_upwards(tmp_path: Path) -> None:
    project(tmp_path, "project: demo\n")
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert load_project(tmp_path / "a" / "b", stack=None, environ={}).root == tmp_path.resolve()


def test_no_project_at_all(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        load_project(tmp_path, stack=None, environ={})
    assert caught.value.hint == "run `retinue init` to start a project"
    (tmp_path / "retinue.yml").touch()
    with pytest.raises(UsageError) as caught:
        load_project(tmp_path, stack=None, environ={})
    assert caught.value.hint == "rename retinue.yml to retinue.yaml"


def test_a_stack_overrides_by_key(tmp_path: Path) -> None:
    found = project(tmp_path, STACKS, stack="prod", environ={"PROD_URL": "http://prod"})
    assert found.stack == "prod"
    assert found.platform == OpenAIPlatform("http://prod", timeout=30)
    assert found.state_path == tmp_path.parent / "prod.json"
    assert found.variables == {"model": "gpt-5", "team": "math"}


def test_only_the_chosen_stack_needs_its_environment(tmp_path: Path) -> None:
    found = project(tmp_path, STACKS, stack="dev")
    assert isinstance(found.platform, Local)
    assert found.state_path.name == "dev.json"
    with pytest.raises(ManifestError) as caught:
        project(tmp_path, STACKS, stack="prod")
    assert str(caught.value.problems[0].place) == "retinue.yaml:7:39"


def test_how_a_stack_is_chosen(tmp_path: Path) -> None:
    assert project(tmp_path, STACKS, environ={"RETINUE_STACK": "dev"}).stack == "dev"
    assert project(tmp_path, STACKS + "default_stack: dev\n").stack == "dev"
    assert project(tmp_path, "project: demo\n", stack="default").stack == "default"
    with pytest.raises(UsageError) as caught:
        project(tmp_path, "project: demo\n", stack="prod")
    assert caught.value.hint == "declare it in retinue.yaml: stacks: {prod: {}}"
    with pytest.raises(UsageError) as caught:
        project(tmp_path, STACKS)
    assert caught.value.message == "no stack is chosen; there are dev, prod"
    with pytest.raises(UsageError) as caught:
        project(tmp_path, STACKS, stack="prd")
    assert caught.value.hint == "did you mean 'prod'?"


@pytest.mark.parametrize("stack", ["../x", "a/b", ".hidden", "x" * 64, "a\n"])
def test_a_stack_name_is_never_a_path(tmp_path: Path, stack: str) -> None:
    with pytest.raises(UsageError):
        project(tmp_path, "project: demo\n", environ={"RETINUE_STACK": stack})


def test_dot_env_is_read_and_the_environment_wins(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("OPENAI_BASE_URL=http://file\nA=file\nB='$HOME ${A}'\nC\n")
    before = dict(os.environ)
    found = project(tmp_path, "platform: {api: openai}\n", environ={"A": "real"})
    assert found.platform == OpenAIPlatform("http://file")
    assert found.environ == {
        "OPENAI_BASE_URL": "http://file",
        "A": "real",
        "B": "$HOME ${A}",
    }
    assert dict(os.environ) == before


def test_the_environment_is_not_shown(tmp_path: Path) -> None:
    found = project(tmp_path, "project: demo\n", environ={"OPENAI_API_KEY": "sk-secret"})
    assert "sk-secret" not in repr(found)


def test_a_dot_env_that_is_no_text_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"A=\xff\n")
    with pytest.raises(ManifestError) as caught:
        project(tmp_path, "project: demo\n")
    assert str(caught.value.problems[0].place) == ".env:1:3"


def test_variables_are_overridden_by_name(tmp_path: Path) -> None:
    text = "variables: {model: gpt-4o, secret: '${env:NOT_SET}', must: null}\n"
    given = {"secret": "s", "must": "m"}
    found = project(tmp_path, text, variables=given)
    assert found.variables == {"model": "gpt-4o", "secret": "s", "must": "m"}
    with pytest.raises(UsageError) as caught:
        project(tmp_path, text, variables={"modle": "x"})
    assert caught.value.hint == "did you mean 'model'?"


def test_a_linked_project_folder_is_read_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    project(tmp_path / "real", "project: demo\n")
    (tmp_path / "link").symlink_to("real")
    assert load_project(tmp_path / "link", stack=None, environ={}).root == tmp_path / "real"


def test_the_embedded_platform_has_a_model(tmp_path: Path) -> None:
    found = project(
        tmp_path,
        """\
platform:
  api: local
  model: {base_url: "http://127.0.0.1:11434/v1", api_key: "${env:KEY}", names: {gpt-4o: llama}}
""",
        environ={"KEY": "sk-1"},
    )
    assert isinstance(found.platform, Local)
    model = found.platform.model
    assert model == ModelServer(
        base_url="http://127.0.0.1:11434/v1", api_key="sk-1", names={"gpt-4o": "llama"}
    )
    assert "sk-1" not in repr(found)


def test_the_models_key_may_come_from_a_variable(tmp_path: Path) -> None:
    text = 'platform: {api: local, model: {base_url: "http://x/v1", api_key_env: KEY}}\n'
    platform = project(tmp_path, text, environ={"KEY": "sk-1"}).platform
    assert isinstance(platform, Local)
    assert platform.model == ModelServer(base_url="http://x/v1", api_key="sk-1")
    with pytest.raises(UsageError, match="KEY is not set"):
        project(tmp_path, text, environ={})


def test_the_models_server_may_make_embeddings(tmp_path: Path) -> None:
    text = 'platform: {api: local, model: {base_url: "http://x/v1", embeddings: nomic}}\n'
    found = project(tmp_path, text)
    assert isinstance(found.platform, Local)
    assert found.platform.model == ModelServer(base_url="http://x/v1", embeddings="nomic")
    assert endpoint_of(found) == found.platform
    with pytest.raises(ManifestError):
        project(tmp_path, text.replace("nomic", "''"))


@pytest.mark.parametrize("model", ["{}", "{base_url: x}", "{base_url: 'ftp://x'}", "gpt-4o"])
def test_a_model_needs_an_address(tmp_path: Path, model: str) -> None:
    with pytest.raises(ManifestError):
        project(tmp_path, f"platform: {{api: local, model: {model}}}\n")
