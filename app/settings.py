"""What can be set, where each value comes from, and what is wrong with it: read once, from CHARRETTE_* and `.env`."""

import difflib
import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import BeforeValidator, Field, PrivateAttr, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "CHARRETTE_"
ENV_FILE = ".env"
DATABASES = ("sqlite:///", "postgresql+psycopg://", "postgresql://")
EMAIL = re.compile(r"[^@\s,<>]+@[^@\s,<>]+")


class SettingsRefused(Exception):
    """Everything that is wrong with the settings, one sentence each."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


def listed(value: object) -> object:
    """'a@x, b@y' becomes two addresses."""
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


class Settings(BaseSettings):
    """Every setting is optional: with none at all, `charrette run` is a complete site on this machine."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=ENV_FILE,
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    url: str = Field(
        default="",
        description="The address at which people see the site; it stands in every mail. Default: `http://HOST:PORT`.",
    )
    host: str = Field(default="127.0.0.1", description="The address on which the web listens.")
    port: int = Field(default=8000, ge=1, le=65535, description="The port on which the web listens.")
    data_dir: Path = Field(
        default=Path("var"),
        description="The folder for all data: the SQLite files, the embedded file store, the secret.",
    )
    database_url: str = Field(
        default="",
        repr=False,
        description="`postgresql+psycopg://user:password@host/name` or `sqlite:///path`. "
        "Default: `charrette.sqlite` in the data folder.",
    )
    jobs_database_url: str = Field(
        default="",
        repr=False,
        description="Where the job engine keeps its own tables: `postgresql://…` or `sqlite:///path`. "
        "Default: `jobs.sqlite` in the data folder.",
    )
    s3_endpoint: str = Field(
        default="",
        description="The S3 store as the server sees it. Default: the embedded SeaweedFS, on this machine alone.",
    )
    s3_public_endpoint: str = Field(
        default="", description="The same store as browsers see it. Default: the value of `CHARRETTE_S3_ENDPOINT`."
    )
    s3_access_key: str = Field(default="", description="The store's access key. The embedded store has its own.")
    s3_secret_key: SecretStr = Field(
        default=SecretStr(""), description="The store's secret key. The embedded store's is derived from the secret."
    )
    s3_region: str = Field(default="us-east-1", description="The store's region, as it is signed.")
    s3_bucket: str = Field(
        default="charrette",
        pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$",
        description="The bucket that holds every file.",
    )
    s3_port: int = Field(
        default=8333,
        ge=1024,
        le=55531,
        description="The first port of the embedded store. It takes this one, the four above it, "
        "and the same five plus 10,000.",
    )
    smtp_host: str = Field(
        default="",
        description="The mail server. Default: none; letters are then read on the mailbox page. "
        "Only a demo, or a site on this machine alone, may do without one.",
    )
    smtp_port: int = Field(
        default=0, ge=0, le=65535, description="Its port. Default: 587 with starttls, 465 with tls, 25 with none."
    )
    smtp_user: str = Field(default="", description="The name to log in with, where the mail server asks for one.")
    smtp_password: SecretStr = Field(default=SecretStr(""), description="The password that belongs to it.")
    smtp_security: Literal["none", "starttls", "tls"] = Field(
        default="starttls", description="How the connection to the mail server is protected."
    )
    mail_from: str = Field(
        default="Charrette <charrette@localhost>", description="The sender of every letter. Needed with a mail server."
    )
    founders: Annotated[tuple[str, ...], NoDecode, BeforeValidator(listed)] = Field(
        default=(), description="Who may create a season: e-mail addresses with commas between them."
    )
    demo: bool = Field(
        default=False,
        description="Demo: a season on the first start, its cast on the sign-in page, a clock that can be put forward. "
        "`charrette run` turns it on where nothing is said and the site is on this machine alone.",
    )
    development: bool = Field(
        default=False, description="For people who change Charrette: the style guide, templates read anew."
    )
    secret: SecretStr = Field(
        default=SecretStr(""),
        description="Signs forms and notices, and the embedded store's key is derived from it: 32 characters or more. "
        "Default: made once and kept in the file `secret` in the data folder.",
    )
    workers: int = Field(default=1, ge=1, le=64, description="How many web processes.")
    threads: int = Field(
        default=12,
        ge=1,
        le=200,
        description="How many requests each web process answers at once; also its database connections.",
    )
    max_upload_mib: int = Field(
        default=100, ge=1, le=5000, description="The largest file that may be handed in, in MiB."
    )
    probe_url: str = Field(
        default="",
        description="Where the worker looks every 30 seconds whether the site answers, to measure outages: an address "
        "without a path, or `off`. Default: the value of `CHARRETTE_URL`.",
    )
    log_format: Literal["text", "json"] = Field(default="text", description="Log lines for people or for machines.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least that is logged."
    )

    _embedded_store: bool = PrivateAttr(False)

    @field_validator("url", "s3_endpoint", "s3_public_endpoint")
    @classmethod
    def is_an_address(cls, value: str) -> str:
        if not value:
            return value
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ValueError("must look like https://charrette.example.org, without a path")
        return f"{parts.scheme}://{parts.netloc}"

    @field_validator("probe_url")
    @classmethod
    def is_an_address_or_off(cls, value: str) -> str:
        return value if value == "off" else cls.is_an_address(value)

    @field_validator("database_url", "jobs_database_url")
    @classmethod
    def is_a_database(cls, value: str) -> str:
        if value and not value.startswith(DATABASES):
            raise ValueError("must begin with sqlite:/// or postgresql+psycopg://")
        return value

    @field_validator("data_dir")
    @classmethod
    def is_absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("founders")
    @classmethod
    def are_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if wrong := [one for one in value if not EMAIL.fullmatch(one)]:
            raise ValueError(f"must be e-mail addresses with commas between them; {wrong[0]!r} is none")
        return tuple(one.lower() for one in value)

    @field_validator("secret")
    @classmethod
    def is_long_enough(cls, value: SecretStr) -> SecretStr:
        if 0 < len(value.get_secret_value()) < 32:
            raise ValueError("must have 32 characters or more, or be left out")
        return value

    @model_validator(mode="after")
    def complete(self) -> Self:
        """Fill what follows from the rest, so that no reader ever meets an empty value with a meaning."""
        if problems := list(self.contradictions()):
            raise ValueError("\n".join(problems))
        if not self.secret.get_secret_value():
            self.fill("secret", SecretStr(kept_secret(self.data_dir)))
        self.fill("url", f"http://{'127.0.0.1' if self.host in {'0.0.0.0', '::'} else self.host}:{self.port}")  # noqa: S104
        self.fill("database_url", f"sqlite:///{self.data_dir}/charrette.sqlite")
        self.fill("jobs_database_url", f"sqlite:///{self.data_dir}/jobs.sqlite")
        self.fill("smtp_port", {"none": 25, "starttls": 587, "tls": 465}[self.smtp_security])
        if self.database_url.startswith("postgresql://"):
            object.__setattr__(
                self, "database_url", "postgresql+psycopg" + self.database_url.removeprefix("postgresql")
            )
        self._embedded_store = not self.s3_endpoint
        self.fill("s3_endpoint", f"http://127.0.0.1:{self.s3_port}")
        self.fill("s3_public_endpoint", self.s3_endpoint)
        if self._embedded_store:
            self.fill("s3_access_key", "charrette")
            self.fill("s3_secret_key", SecretStr(self.derived_key("embedded store")))
        return self

    def contradictions(self) -> Iterator[str]:
        """Settings that are well formed each, and wrong together."""
        if self.s3_endpoint and not (self.s3_access_key and self.s3_secret_key.get_secret_value()):
            yield "CHARRETTE_S3_ENDPOINT needs CHARRETTE_S3_ACCESS_KEY and CHARRETTE_S3_SECRET_KEY beside it."
        if not self.s3_endpoint and not self.s3_public_endpoint and not self.is_local:
            yield (
                "CHARRETTE_S3_PUBLIC_ENDPOINT is missing: the site is not on this machine alone, and browsers "
                "upload straight to the store."
            )
        if not self.smtp_host and not self.demo and not self.is_local:
            yield (
                "CHARRETTE_SMTP_HOST is missing: the site is not on this machine alone, and without a mail server "
                "nobody could sign in."
            )
        if self.smtp_host and "mail_from" not in self.model_fields_set:
            yield "CHARRETTE_SMTP_HOST needs CHARRETTE_MAIL_FROM, the sender of every letter."
        if bool(self.smtp_user) != bool(self.smtp_password.get_secret_value()):
            yield "CHARRETTE_SMTP_USER and CHARRETTE_SMTP_PASSWORD belong together: give both or none."
        if not self.s3_endpoint and self.port in store_ports(self.s3_port):
            yield "CHARRETTE_PORT is one of the embedded store's ports: change it or CHARRETTE_S3_PORT."

    def fill(self, name: str, value: object) -> None:
        current = getattr(self, name)
        if not (current.get_secret_value() if isinstance(current, SecretStr) else current):
            object.__setattr__(self, name, value)  # the model is frozen for everyone else

    @property
    def embedded_store(self) -> bool:
        """True where the supervisor owns the S3 store."""
        return self._embedded_store

    @property
    def is_local(self) -> bool:
        """True where the site can be seen from this machine alone: it listens here alone, and is called so."""
        return is_loopback(self.host) and (not self.url or is_local(self.url))

    @property
    def runs_as_demo(self) -> bool:
        """What `charrette run` does: a demo where it is asked for, or nothing is said and nobody else can see it."""
        return self.demo or (self.is_local and "demo" not in self.model_fields_set)

    def derived_key(self, purpose: str) -> str:
        """64 hex digits for one purpose, so that no two purposes share a key (HMAC-SHA256 of the secret)."""
        return hmac.digest(self.secret.get_secret_value().encode(), purpose.encode(), hashlib.sha256).hex()


def store_ports(first: int) -> list[int]:
    """The ten ports of the embedded store: S3, filer, master, volume, admin, and each one's gRPC."""
    return [first + step for step in range(5)] + [first + 10_000 + step for step in range(5)]


def is_local(url: str) -> bool:
    return is_loopback(urlsplit(url).hostname or "")


def is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def kept_secret(data_dir: Path) -> str:
    """The secret of this data folder, made by whoever comes first: `link` lets only one of two starters win."""
    file = data_dir / "secret"
    try:
        if not file.exists():
            data_dir.mkdir(parents=True, exist_ok=True)
            draft = data_dir / f"secret.{os.getpid()}.{secrets.token_hex(4)}"
            try:
                draft.touch(mode=0o600)
                draft.write_text(secrets.token_urlsafe(48))
                draft.chmod(0o600)
                os.link(draft, file)
            except FileExistsError:
                pass
            finally:
                draft.unlink(missing_ok=True)
        return file.read_text().strip()
    except OSError as error:
        raise ValueError(unusable(data_dir, error)) from None


def unusable(folder: Path, error: OSError) -> str:
    """One sentence for a folder that cannot be written, and what to do."""
    return (
        f"The data folder {folder} cannot be used ({(error.strerror or str(error)).lower()}): "
        "make room or give yourself the right to write there, or set CHARRETTE_DATA_DIR to another folder."
    )


@cache
def read() -> Settings:
    """The settings of this process. Raises SettingsRefused with everything that is wrong at once."""
    problems = list(unknown_names(os.environ, "environment"))
    if Path(ENV_FILE).is_file():
        problems += unknown_names(dotenv_values(ENV_FILE), ENV_FILE)
    try:
        settings = Settings()
    except ValidationError as wrong:
        problems += sentences(wrong)
    if problems:
        raise SettingsRefused(problems)
    return settings


def unknown_names(given: Mapping[str, Any], where: str) -> Iterator[str]:
    for name in sorted(given):
        word = name.upper().removeprefix(PREFIX).lower()
        if name.upper().startswith(PREFIX) and word not in Settings.model_fields:
            near = difflib.get_close_matches(word, Settings.model_fields, n=1)
            yield f"{name} ({where}) is not a setting." + (f" Did you mean {PREFIX}{near[0].upper()}?" if near else "")


def sentences(wrong: ValidationError) -> Iterator[str]:
    for error in wrong.errors(include_url=False, include_input=False):
        message = (
            error["msg"].removeprefix("Value error, ").replace("Input should be", "must be").split(", unable to")[0]
        )
        if not error["loc"]:
            yield from message.split("\n")
        else:
            yield f"{PREFIX}{str(error['loc'][0]).upper()}: {message[0].lower()}{message[1:].rstrip('.')}."


def table() -> str:
    """The settings as a Markdown table, as it stands in the README."""
    rows = ["| setting | default | what it says |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
        shown = str(default).lower() if isinstance(default, bool) else str(default or "") if default != () else ""
        rows.append(f"| `{PREFIX}{name.upper()}` | {f'`{shown}`' if shown else ''} | {field.description} |")
    return "\n".join(rows) + "\n"
