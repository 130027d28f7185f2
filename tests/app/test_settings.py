"""Settings: where values come from, what is refused, and that compose and README know the same names."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import SecretStr

from app import cli
from app.settings import Settings, SettingsRefused, is_local, read, store_ports, table

ROOT = Path(__file__).parents[2]
SECRET = "x" * 40


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty folder and an environment without settings; read() forgets what it read."""
    for name in [name for name in os.environ if name.upper().startswith("CHARRETTE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    read.cache_clear()
    yield
    read.cache_clear()


def refused(monkeypatch: pytest.MonkeyPatch, **environment: str) -> list[str]:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsRefused) as wrong:
        read()
    return wrong.value.problems


def test_nothing_set_is_a_complete_site_on_this_machine(tmp_path: Path) -> None:
    settings = read()

    assert settings.model_dump(exclude={"secret", "s3_secret_key"}) == {
        "url": "http://127.0.0.1:8000",
        "host": "127.0.0.1",
        "port": 8000,
        "data_dir": tmp_path / "var",
        "database_url": f"sqlite:///{tmp_path}/var/charrette.sqlite",
        "jobs_database_url": f"sqlite:///{tmp_path}/var/jobs.sqlite",
        "s3_endpoint": "http://127.0.0.1:8333",
        "s3_public_endpoint": "http://127.0.0.1:8333",
        "s3_access_key": "charrette",
        "s3_region": "us-east-1",
        "s3_bucket": "charrette",
        "s3_port": 8333,
        "smtp_host": "",
        "smtp_port": 587,
        "smtp_user": "",
        "smtp_password": SecretStr(""),
        "smtp_security": "starttls",
        "mail_from": "Charrette <charrette@localhost>",
        "founders": (),
        "demo": False,
        "development": False,
        "workers": 1,
        "threads": 12,
        "max_upload_mib": 100,
        "probe_url": "",
        "log_format": "text",
        "log_level": "info",
    }
    assert (settings.embedded_store, settings.is_local, settings.runs_as_demo) == (True, True, True)
    assert settings is read()


def test_the_environment_comes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text(
        "CHARRETTE_PORT=9000\nCHARRETTE_FOUNDERS='Ada@Example.org, ben@example.org'\nOTHER=1\n"
    )
    monkeypatch.setenv("CHARRETTE_PORT", "9001")
    monkeypatch.setenv("CHARRETTE_SMTP_HOST", "")  # as compose files write what is not set

    settings = read()

    assert (settings.port, settings.url, settings.smtp_host) == (9001, "http://127.0.0.1:9001", "")
    assert settings.founders == ("ada@example.org", "ben@example.org")


def test_everything_wrong_is_said_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("CHARRETTE_FLAVOUR=mint\n")

    assert refused(
        monkeypatch,
        CHARRETTE_PROT="1",
        CHARRETTE_PORT="eight",
        CHARRETTE_THREADS="0",
        CHARRETTE_URL="example.org/charrette",
        CHARRETTE_DATABASE_URL="mysql://x",
        CHARRETTE_FOUNDERS="ada@example.org,ben",
        CHARRETTE_SMTP_SECURITY="ssl",
        CHARRETTE_SECRET="short",
    ) == [
        "CHARRETTE_PROT (environment) is not a setting. Did you mean CHARRETTE_PORT?",
        "CHARRETTE_FLAVOUR (.env) is not a setting.",
        "CHARRETTE_URL: must look like https://charrette.example.org, without a path.",
        "CHARRETTE_PORT: must be a valid integer.",
        "CHARRETTE_DATABASE_URL: must begin with sqlite:/// or postgresql+psycopg://.",
        "CHARRETTE_SMTP_SECURITY: must be 'none', 'starttls' or 'tls'.",
        "CHARRETTE_FOUNDERS: must be e-mail addresses with commas between them; 'ben' is none.",
        "CHARRETTE_SECRET: must have 32 characters or more, or be left out.",
        "CHARRETTE_THREADS: must be greater than or equal to 1.",
    ]


def test_settings_that_are_wrong_together(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refused(
        monkeypatch, CHARRETTE_URL="https://c.example.org", CHARRETTE_SMTP_HOST="m", CHARRETTE_SMTP_USER="u"
    ) == [
        (
            "CHARRETTE_S3_PUBLIC_ENDPOINT is missing: the site is not on this machine alone, and browsers upload "
            "straight to the store."
        ),
        "CHARRETTE_SMTP_HOST needs CHARRETTE_MAIL_FROM, the sender of every letter.",
        "CHARRETTE_SMTP_USER and CHARRETTE_SMTP_PASSWORD belong together: give both or none.",
    ]


NOT_ALONE = "is missing: the site is not on this machine alone, and "
NO_MAIL = f"CHARRETTE_SMTP_HOST {NOT_ALONE}without a mail server nobody could sign in."
NO_STORE = f"CHARRETTE_S3_PUBLIC_ENDPOINT {NOT_ALONE}browsers upload straight to the store."


@pytest.mark.parametrize(
    "environment",
    [
        {"CHARRETTE_URL": "https://c.example.org"},
        {"CHARRETTE_HOST": "0.0.0.0"},  # noqa: S104
        {"CHARRETTE_HOST": "::"},
        {"CHARRETTE_HOST": "192.168.1.5", "CHARRETTE_URL": "http://localhost:8000"},
    ],
)
def test_a_site_that_others_see_needs_a_mail_server_and_a_store_that_they_reach(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refused(monkeypatch, **environment) == [NO_STORE, NO_MAIL]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::"])  # noqa: S104
@pytest.mark.parametrize("url", ["", "http://localhost:8000", "https://c.example.org"])
def test_where_others_may_listen_a_demo_is_only_what_was_asked_for(tmp_path: Path, host: str, url: str) -> None:
    there = {"data_dir": tmp_path, "host": host, "url": url, "s3_public_endpoint": "http://192.168.1.5:8333"}
    by_itself = Settings(**there, smtp_host="mail", mail_from="us@c.example.org")
    asked_for = Settings(**there, demo=True)

    assert [(one.is_local, one.runs_as_demo) for one in (by_itself, asked_for)] == [(False, False), (False, True)]


def test_a_demo_that_is_refused_stays_away_on_this_machine_too(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, demo=False)

    assert (settings.is_local, settings.runs_as_demo) == (True, False)


def test_a_store_elsewhere_needs_its_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refused(monkeypatch, CHARRETTE_S3_ENDPOINT="https://s3.example.org") == [
        "CHARRETTE_S3_ENDPOINT needs CHARRETTE_S3_ACCESS_KEY and CHARRETTE_S3_SECRET_KEY beside it."
    ]


def test_the_web_may_not_take_a_port_of_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    assert store_ports(8333) == [8333, 8334, 8335, 8336, 8337, 18333, 18334, 18335, 18336, 18337]
    assert refused(monkeypatch, CHARRETTE_PORT="8335") == [
        "CHARRETTE_PORT is one of the embedded store's ports: change it or CHARRETTE_S3_PORT."
    ]


def test_the_command_line_shows_the_list_and_ends_with_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CHARRETTE_PROT", "1")
    monkeypatch.setattr("sys.argv", ["charrette"])

    with pytest.raises(SystemExit) as end:
        cli.main(["migrate"])

    assert end.value.code == 2
    assert capsys.readouterr().err == (
        "charrette: the settings are wrong:\n"
        "  - CHARRETTE_PROT (environment) is not a setting. Did you mean CHARRETTE_PORT?\n"
    )


def test_the_secret_is_made_once_and_for_us_alone(tmp_path: Path) -> None:
    first, second = Settings(data_dir=tmp_path), Settings(data_dir=tmp_path)
    file = tmp_path / "secret"

    assert first.secret == second.secret == SecretStr(file.read_text())
    assert (len(file.read_text()), file.stat().st_mode & 0o777, os.listdir(tmp_path)) == (64, 0o600, ["secret"])


def test_keys_for_different_purposes_differ(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, secret=SecretStr(SECRET))

    assert settings.derived_key("forms") == settings.derived_key("forms")
    assert len({settings.derived_key("forms"), settings.derived_key("cookies"), SECRET}) == 3
    assert os.listdir(tmp_path) == []


def test_no_secret_in_what_is_printed(tmp_path: Path) -> None:
    settings = Settings(
        data_dir=tmp_path,
        secret=SecretStr(SECRET),
        database_url="postgresql://u:hidden@db/charrette",
        smtp_user="u",
        smtp_password=SecretStr("hidden"),
        s3_endpoint="http://s3",
        s3_access_key="k",
        s3_secret_key=SecretStr("hidden"),
    )

    assert settings.database_url == "postgresql+psycopg://u:hidden@db/charrette"
    assert "hidden" not in repr(settings)
    assert SECRET not in repr(settings)


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://localhost:8000", True),
        ("http://[::1]:8000", True),
        ("http://192.168.1.5:8000", False),
        ("https://localhost.example.org", False),
    ],
)
def test_what_is_local(url: str, local: bool) -> None:
    assert is_local(url) is local


def test_the_table_has_a_row_for_every_setting() -> None:
    rows = re.findall(r"^\| `(CHARRETTE_\w+)` \| .* \| .+ \|$", table(), flags=re.MULTILINE)

    assert rows == [f"CHARRETTE_{name.upper()}" for name in Settings.model_fields]


def compose() -> dict[str, Any]:
    """docker-compose.yml with its ${VARIABLES} filled in as an operator would."""
    given = {"CHARRETTE_SECRET": SECRET, "POSTGRES_PASSWORD": "p", "S3_SECRET_KEY": "s", "FOUNDERS": ""}
    text = (ROOT / "docker-compose.yml").read_text()
    parsed = yaml.safe_load(re.sub(r"(?<!\$)\$\{(\w+):[-?][^}]*\}", lambda found: given[found[1]], text))
    assert isinstance(parsed, dict)
    return parsed


@pytest.mark.parametrize("service", ["web", "worker", "migrate"])
def test_compose_sets_only_what_there_is(service: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in compose()["services"][service]["environment"].items():
        monkeypatch.setenv(name, value)
    settings = read()

    assert settings.database_url == "postgresql+psycopg://charrette:p@postgres/charrette"
    assert (settings.s3_endpoint, settings.s3_public_endpoint) == ("http://seaweedfs:8333", "http://localhost:8333")
    assert (settings.embedded_store, settings.demo, str(settings.data_dir)) == (False, False, "/data")


def test_every_service_in_compose_has_a_health_check_and_every_volume_a_name() -> None:
    parsed = compose()
    mounted = {volume.split(":")[0] for one in parsed["services"].values() for volume in one.get("volumes", [])}

    assert [name for name, one in parsed["services"].items() if "healthcheck" not in one] == ["migrate"]
    assert mounted == set(parsed["volumes"])


def test_the_image_is_built_from_files_that_exist_and_are_let_in() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    names = {name for line in copied for name in line.split()}
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}

    assert [name for name in sorted(names) if not (ROOT / name).exists()] == []
    assert [name for name in sorted(names) if name.split("/")[0] not in let_in] == []
