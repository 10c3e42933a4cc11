from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler import settings
from crawler.errors import ConfigurationError
from crawler.settings import Settings, user_settings_file
from tests.unit.crawler.registry_files import ENTITY, NETWORKS, SETTINGS, write_registry


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    registry = tmp_path / "registry"
    registry.mkdir()
    return write_registry(registry)


def user(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "mine.toml"
    file.write_text(text, encoding="utf-8")
    return file


def endpoints_of(loaded: Settings, name: str) -> tuple[str, ...]:
    return loaded.networks[name].endpoints


def problems_of(caught: pytest.ExceptionInfo[ConfigurationError]) -> list[str]:
    return caught.value.problems


# --- nothing said --------------------------------------------------------------------------


def test_without_any_word_of_the_user_the_registries_stand(folder: Path) -> None:
    loaded = settings.load(environment={}, folder=folder)
    assert endpoints_of(loaded, "ethereum") == ("https://a.example", "https://b.example")
    assert loaded.limits.attempts == 4
    assert loaded.heights == {}
    assert list(loaded.entities) == ["example"]


def test_every_limit_arrives(folder: Path) -> None:
    loaded = settings.load(environment={}, folder=folder)
    written = dict(line.split(" = ") for line in SETTINGS.split("[limits]")[1].split("\n") if line)
    assert {name: str(getattr(loaded.limits, name)) for name in written} == written
    assert set(written) == set(settings.Limits.__slots__)


# --- endpoints -----------------------------------------------------------------------------


def test_a_flag_replaces_the_endpoints_of_its_network_only(folder: Path) -> None:
    loaded = settings.load(
        environment={"ASSAY_ENDPOINT_ETH": "https://env.example"},
        endpoints=["ETH=http://127.0.0.1:1", "ethereum=http://127.0.0.1:2"],
        folder=folder,
    )
    assert endpoints_of(loaded, "ethereum") == ("http://127.0.0.1:1", "http://127.0.0.1:2")
    assert endpoints_of(loaded, "arbitrum-nova") == ("https://nova.example",)


def test_a_url_may_contain_the_sign_that_separates_it(folder: Path) -> None:
    loaded = settings.load(environment={}, endpoints=["eth=https://a.example/?k=v"], folder=folder)
    assert endpoints_of(loaded, "ethereum") == ("https://a.example/?k=v",)


def test_variables_go_before_the_file_and_the_file_before_the_defaults(
    folder: Path, tmp_path: Path
) -> None:
    loaded = settings.load(
        user_file=user(tmp_path, '[networks.eth]\nendpoints = ["https://file.example"]'),
        environment={"ASSAY_ENDPOINT_ETHEREUM": "https://one.example, https://two.example"},
        folder=folder,
    )
    assert endpoints_of(loaded, "ethereum") == (
        "https://one.example",
        "https://two.example",
        "https://file.example",
        "https://a.example",
        "https://b.example",
    )


def test_a_file_can_turn_the_public_endpoints_off(folder: Path, tmp_path: Path) -> None:
    text = '[networks.ethereum]\nendpoints = ["https://mine.example"]\nuse_defaults = false'
    loaded = settings.load(user_file=user(tmp_path, text), environment={}, folder=folder)
    assert endpoints_of(loaded, "ethereum") == ("https://mine.example",)


def test_an_endpoint_named_twice_is_asked_once(folder: Path) -> None:
    loaded = settings.load(
        environment={"ASSAY_ENDPOINT_ETHEREUM": "https://b.example"}, folder=folder
    )
    assert endpoints_of(loaded, "ethereum") == ("https://b.example", "https://a.example")


def test_a_dash_in_a_name_is_an_underscore_in_its_variable(folder: Path) -> None:
    loaded = settings.load(
        environment={"ASSAY_ENDPOINT_ARBITRUM_NOVA": "https://mine.example"}, folder=folder
    )
    assert endpoints_of(loaded, "arbitrum-nova")[0] == "https://mine.example"


def test_the_variable_of_the_flag_is_left_to_the_flag(folder: Path) -> None:
    loaded = settings.load(environment={"ASSAY_ENDPOINT": "no URL at all"}, folder=folder)
    assert endpoints_of(loaded, "ethereum") == ("https://a.example", "https://b.example")


# --- heights -------------------------------------------------------------------------------


def test_heights_by_name_or_alias(folder: Path) -> None:
    loaded = settings.load(environment={}, heights=["ETH=17", "bitcoin= 0 "], folder=folder)
    assert loaded.heights == {"ethereum": 17, "bitcoin": 0}


def test_the_same_height_twice_is_no_contradiction(folder: Path) -> None:
    loaded = settings.load(environment={}, heights=["eth=17", "ethereum=17"], folder=folder)
    assert loaded.heights == {"ethereum": 17}


@pytest.mark.parametrize(
    "flag", ["", "eth", "eth=", "eth=-1", "eth=1.0", "eth=\u0661\u0667", "eth=1e3"]
)
def test_a_height_is_a_plain_number(folder: Path, flag: str) -> None:
    with pytest.raises(ConfigurationError, match=r"--height: .* not of the form NETWORK=N"):
        settings.load(environment={}, heights=[flag], folder=folder)


def test_a_height_without_end_is_refused_not_read(folder: Path) -> None:
    with pytest.raises(ConfigurationError, match="--height"):
        settings.load(environment={}, heights=["eth=" + "9" * 5000], folder=folder)


def test_two_heights_for_one_network(folder: Path) -> None:
    with pytest.raises(ConfigurationError, match="two heights for ethereum"):
        settings.load(environment={}, heights=["eth=17", "ethereum=18"], folder=folder)


# --- mistakes ------------------------------------------------------------------------------


def test_every_mistake_of_every_source_at_once(folder: Path, tmp_path: Path) -> None:
    file = user(
        tmp_path,
        """
        [limits]
        call_timeout = 5
        attempts = 0
        concurrency = "8"
        [networks.etherium]
        endpoints = []
        [networks.bitcoin]
        endpoints = ["bitcoin.example:8332"]
        """,
    )
    with pytest.raises(ConfigurationError) as caught:
        settings.load(
            user_file=file,
            environment={"ASSAY_ENDPOINT_ETHEREU": "https://x.example", "ASSAY_ENDPOINT_ETH": ""},
            endpoints=["arbitrum-nov=https://x.example", "https://user:secret@x.example"],
            heights=["eth=x"],
            folder=folder,
        )
    scheme = "the URL must begin with http:// or https://"
    other = "the URL must begin with a scheme of docs/utxo-servers.md"
    assert problems_of(caught) == [
        f"environment: ASSAY_ENDPOINT_ETH: {scheme}",
        "environment: ASSAY_ENDPOINT_ETHEREU: no network named 'ethereu'; did you mean 'ethereum'?",
        f"{file}: networks.etherium: no network named 'etherium'; did you mean 'ethereum'?",
        f"{file}: networks.bitcoin.endpoints.0: {other}",
        f"{file}: limits.attempts: Input should be greater than or equal to 1",
        f"{file}: limits.concurrency: Input should be a valid integer",
        f"{file}: limits.call_timeout: unknown key; did you mean 'call_timeout_s'?",
        "--endpoint: no network named 'arbitrum-nov'; did you mean 'arbitrum-nova'?",
        "--endpoint: number 2 is not of the form NETWORK=URL",
        "--height: 'eth=x' is not of the form NETWORK=N",
    ]


@pytest.mark.parametrize(
    "url",
    [
        "ftp://user:secret@h.example",
        "https://",
        "https://user:secret@",
        "https://[secret",
        "https://h.example:secret",
        "https://h.example:99999/secret",
        "https://h.example/secret x",
        "https://h.example/secret\x1b[31m",
        "secret",
        "",
    ],
)
def test_a_refused_url_is_never_shown(folder: Path, url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        settings.load(environment={}, endpoints=[f"eth={url}"], folder=folder)
    assert len(problems_of(caught)) == 1
    assert "secret" not in str(caught.value)


def test_unknown_keys_of_a_users_file_are_named(folder: Path, tmp_path: Path) -> None:
    file = user(tmp_path, "[network.eth]\nendpoints = []")
    with pytest.raises(ConfigurationError) as caught:
        settings.load(user_file=file, environment={}, folder=folder)
    assert problems_of(caught) == [f"{file}: network: unknown key; did you mean 'networks'?"]


def test_a_mistake_of_form_hides_no_mistake_of_content(folder: Path, tmp_path: Path) -> None:
    file = user(
        tmp_path,
        """
        nonsense = 1
        [limits]
        attempts = 0
        [networks.etherium]
        endpoints = []
        [networks.ethereum]
        endpoints = ["secret", 5, "https://"]
        use_defaults = "no"
        [entities.nobody]
        list = "x.csv"
        [entities.example]
        snapshot_time = "noon"
        extra = 1
        [notify]
        health_url = "secret"
        """,
    )
    with pytest.raises(ConfigurationError) as caught:
        settings.load(user_file=file, environment={}, heights=["eth=x"], folder=folder)
    scheme = "the URL must begin with http:// or https://"
    assert sorted(problems_of(caught)) == sorted([
        *(f"{file}: {problem}" for problem in (
            "nonsense: unknown key",
            "limits.attempts: Input should be greater than or equal to 1",
            "networks.etherium: no network named 'etherium'; did you mean 'ethereum'?",
            f"networks.ethereum.endpoints.0: {scheme}",
            "networks.ethereum.endpoints.1: Input should be a valid string",
            "networks.ethereum.endpoints.2: the URL names no host",
            "networks.ethereum.use_defaults: Input should be a valid boolean",
            "entities.nobody: no entity of that name",
            "entities.example.list: missing",
            "entities.example.snapshot_time: 'noon' is no time such as 2026-01-31T16:00:00Z",
            "entities.example.extra: unknown key",
            f"notify.health_url: {scheme}",
        )),
        "--height: 'eth=x' is not of the form NETWORK=N",
    ])  # fmt: skip


@pytest.mark.parametrize("text", ["limits = 5", "networks = []", "entities.okx = 1", "notify = ''"])
def test_what_is_no_table_is_one_problem(text: str, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        settings.load(user_file=user(tmp_path, text), environment={}, folder=folder)
    (problem,) = problems_of(caught)
    assert problem.partition(".toml: ")[2].startswith(text.partition(" =")[0])


@pytest.mark.parametrize(
    "text", ["x = " + "[" * 50_000, "limits.attempts = " + "9" * 5000, "x = 1" + "0" * 4300]
)
def test_toml_without_end_is_refused_not_read(text: str, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="not valid TOML"):
        settings.load(user_file=user(tmp_path, text), environment={}, folder=folder)


def test_broken_toml_says_where(folder: Path, tmp_path: Path) -> None:
    file = user(tmp_path, "[limits\nattempts = 4")
    with pytest.raises(ConfigurationError, match=r"mine\.toml: not valid TOML: .*line 1"):
        settings.load(user_file=file, environment={}, folder=folder)


def test_a_file_that_was_asked_for_must_be_there(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"nowhere\.toml: cannot be read: No such file"):
        settings.load(user_file=tmp_path / "nowhere.toml", environment={}, folder=folder)


def test_a_folder_is_no_settings_file(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read: Is a directory"):
        settings.load(user_file=tmp_path, environment={}, folder=folder)


def test_a_file_that_is_not_text(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_bytes(b"\xff\xfe[limits]")
    with pytest.raises(ConfigurationError, match=r"mine\.toml: not UTF-8 text"):
        settings.load(user_file=file, environment={}, folder=folder)


@pytest.fixture(scope="module")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_registry(tmp_path_factory.mktemp("registry"))


@given(label=st.text() | st.just("eth"), text=st.text())
def test_every_wrong_flag_or_variable_is_a_configuration_error(
    shared_folder: Path, label: str, text: str
) -> None:
    said = f"{label}={text}"
    for endpoints, heights, variables in (
        ([said], [], {}),
        ([], [said], {}),
        ([], [], {f"ASSAY_ENDPOINT_{label}": text}),
    ):
        try:
            loaded = settings.load(
                environment=variables, endpoints=endpoints, heights=heights, folder=shared_folder
            )
        except ConfigurationError as error:
            found = error.problems
        else:
            found = []
            assert loaded.networks.find(label) is not None
        assert all("\n" not in problem for problem in found)


# --- the user's own file --------------------------------------------------------------------


def test_where_a_users_file_is_looked_for() -> None:
    assert user_settings_file({"HOME": "/h"}) == Path("/h/.config/assay/settings.toml")
    assert user_settings_file({"HOME": "/h", "XDG_CONFIG_HOME": "/x"}) == Path(
        "/x/assay/settings.toml"
    )
    assert user_settings_file({"HOME": "/h", "XDG_CONFIG_HOME": "relative"}) == Path(
        "/h/.config/assay/settings.toml"
    )
    assert user_settings_file({}) is None


def test_the_file_in_its_place_is_read_without_being_asked_for(
    folder: Path, tmp_path: Path
) -> None:
    place = tmp_path / "assay"
    place.mkdir()
    (place / "settings.toml").write_text("[limits]\nattempts = 7")
    loaded = settings.load(environment={"XDG_CONFIG_HOME": str(tmp_path)}, folder=folder)
    assert loaded.limits.attempts == 7
    assert loaded.limits.call_timeout_s == 30


def test_a_file_that_was_asked_for_stands_alone(folder: Path, tmp_path: Path) -> None:
    place = tmp_path / "assay"
    place.mkdir()
    (place / "settings.toml").write_text("[limits]\nattempts = 7")
    loaded = settings.load(
        user_file=user(tmp_path, "[limits]\nconcurrency = 2"),
        environment={"XDG_CONFIG_HOME": str(tmp_path)},
        folder=folder,
    )
    assert (loaded.limits.attempts, loaded.limits.concurrency) == (4, 2)


def test_a_home_without_a_file_is_fine(folder: Path, tmp_path: Path) -> None:
    loaded = settings.load(environment={"HOME": str(tmp_path)}, folder=folder)
    assert loaded.limits.attempts == 4


# --- lookups -------------------------------------------------------------------------------


def test_entities_and_networks_by_any_spelling(folder: Path) -> None:
    loaded = settings.load(environment={}, folder=folder)
    assert loaded.entity(" Example ").title == "Example"
    assert loaded.network("ETH").name == "ethereum"


def test_an_unknown_entity_is_named_with_the_known_ones(folder: Path) -> None:
    loaded = settings.load(environment={}, folder=folder)
    with pytest.raises(ConfigurationError, match="no entity named 'mtgox'") as caught:
        loaded.entity("mtgox")
    assert caught.value.hint == "Known: example."


def test_an_unknown_network_is_named_with_the_nearest(folder: Path) -> None:
    loaded = settings.load(environment={}, folder=folder)
    with pytest.raises(ConfigurationError, match="did you mean 'bitcoin'"):
        loaded.network("bitcion")


# --- damaged registries ----------------------------------------------------------------------


def test_every_problem_of_the_registries_at_once(tmp_path: Path) -> None:
    write_registry(
        tmp_path,
        networks=NETWORKS.replace("chain_id = 1\n", 'chain_idd = 1\nfinality = "soon"\n'),
        settings=SETTINGS.replace("attempts = 4", "attempts = true"),
        entity=ENTITY.replace('title = "Example"', ""),
    )
    with pytest.raises(ConfigurationError) as caught:
        settings.load(environment={}, folder=tmp_path)
    assert problems_of(caught) == [
        "settings.toml: limits.attempts: Input should be a valid integer",
        "networks.toml: ethereum.finality: String should match pattern '^(finalized|[1-9][0-9]*)$'",
        "networks.toml: ethereum.chain_idd: unknown key; did you mean 'chain_id'?",
        "entities/example.toml: title: missing",
    ]
    assert "install it again" in caught.value.hint


def test_a_missing_registry_file_is_named(folder: Path) -> None:
    (folder / "assets.toml").unlink()
    with pytest.raises(ConfigurationError, match=r"assets\.toml: cannot be read"):
        settings.load(environment={}, folder=folder)


def test_problems_between_tables_are_found_too(tmp_path: Path) -> None:
    write_registry(tmp_path, entity=ENTITY.replace("ETH@ethereum", "ETH@etherium"))
    with pytest.raises(ConfigurationError) as caught:
        settings.load(environment={}, folder=tmp_path)
    assert problems_of(caught) == [
        "entities/example.toml: coins.ETH: no holding form 'ETH@etherium' among the forms"
    ]


def test_other_files_beside_the_entities_are_left_alone(folder: Path) -> None:
    (folder / "entities" / "notes.md").write_text("not a table")
    assert list(settings.load(environment={}, folder=folder).entities) == ["example"]


def test_importing_settings_imports_nothing_heavy() -> None:
    code = "import sys, crawler.settings; print([m for m in sys.modules if m in sys.argv[1:]])"
    heavy = ["pydantic", "aiohttp", "wallycore", "coincurve", "nacl", "rich", "typer"]
    done = subprocess.run(
        [sys.executable, "-c", code, *heavy],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(settings.__file__).resolve().parents[1],
        env={"PATH": os.environ.get("PATH", "")},
    )
    assert done.stdout.strip() == "[]"


# --- times of snapshots --------------------------------------------------------------------


@pytest.mark.parametrize(
    "written", ['"2026-01-31T16:00:00Z"', "2026-01-31T16:00:00Z", "2026-02-01T00:00:00+08:00"]
)
def test_a_list_may_be_stated_to_be_of_a_time(folder: Path, tmp_path: Path, written: str) -> None:
    text = f'[entities.example]\nlist = "x"\nsnapshot_time = {written}\n'
    loaded = settings.load(user_file=user(tmp_path, text), environment={}, folder=folder)
    assert loaded.schedule.snapshot_times == {"example": datetime(2026, 1, 31, 16, tzinfo=UTC)}


def test_without_a_word_of_it_there_is_no_time(folder: Path, tmp_path: Path) -> None:
    file = user(tmp_path, '[entities.example]\nlist = "x"\n')
    loaded = settings.load(user_file=file, environment={}, folder=folder)
    assert loaded.schedule.snapshot_times == {}


@pytest.mark.parametrize("written", ['"noon"', '"2026-01-31"', "2026-01-31T16:00:00", "7"])
def test_a_stated_time_names_its_zone(folder: Path, tmp_path: Path, written: str) -> None:
    file = user(tmp_path, f'[entities.example]\nlist = "x"\nsnapshot_time = {written}\n')
    with pytest.raises(ConfigurationError) as caught:
        settings.load(user_file=file, environment={}, folder=folder)
    (problem,) = problems_of(caught)
    assert problem.startswith(f"{file}: entities.example.snapshot_time: ")
