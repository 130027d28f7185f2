"""The command `charrette`: each word is a few lines that call whoever knows. Exit codes: 0 well, 1 failed or found
something, 2 wrong usage or settings."""

import json
import sys
from contextlib import closing
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from app import __version__
from app.settings import Settings, SettingsRefused, read, table

if TYPE_CHECKING:
    from sqlmodel import Session

    from challenges.letters import Letter

app = typer.Typer(
    name="charrette",
    help="Runs design competitions: a story, a brief, a hard deadline, judges with a published rubric.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def say(text: str = "") -> None:
    typer.echo(text)


def fail(sentence: str, code: int = 1) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(code)


@app.command()
def run() -> None:
    """Run everything: file store, database, worker and web, until Ctrl-C."""
    from app import supervisor

    raise typer.Exit(supervisor.run(read()))


@app.command()
def serve() -> None:
    """Serve the web alone. Database and file store must be there."""
    settings = read()
    from app import serving

    serving.serve(settings)


@app.command()
def work() -> None:
    """Run the worker alone: it makes the bucket ready, then does letters, inspections and packets."""
    settings = read()
    from app import worker

    worker.work(settings)


@app.command()
def migrate() -> None:
    """Bring the tables of the database up to date. Twice does it once."""
    settings = read()
    from app import db

    db.migrate(settings)


@app.command()
def demo(
    if_empty: Annotated[bool, typer.Option("--if-empty", help="Do nothing where there is a season already.")] = False,
) -> None:
    """Load the demo season with its cast."""
    settings = read()
    from app import db, demo

    db.migrate(settings)
    prepare_store(settings)
    if not (if_empty and has_season(settings)):
        demo.load(settings)
    cast = [{"name": one.name, "role": one.role} for one in demo.CAST]
    (settings.data_dir / "demo.json").write_text(json.dumps({"cast": cast}, indent=2) + "\n")


@app.command()
def check() -> None:
    """Look in the live database for states that must never be. Exit code 1 if there is one."""
    settings = read()
    from app import checks

    if problems := list(checks.run(settings)):
        fail("\n".join(str(problem) for problem in problems))
    say("Nothing is wrong.")


@app.command()
def mail(
    retry: Annotated[
        str | None, typer.Option(metavar="ID", help="Send this refused or uncertain letter again.")
    ] = None,
    test: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Send a test letter at once.")] = None,
) -> None:
    """List the letters that have not been accepted by the mail server. Exit code 1 if one needs a decision."""
    if test:
        send_test(read(), test)
    elif retry:
        send_again(read(), retry)
    else:
        list_letters(read())


class Deed(StrEnum):
    ADD = "add"
    REMOVE = "remove"
    LIST = "list"


@app.command()
def organizer(
    deed: Annotated[Deed, typer.Argument(case_sensitive=False, help="What to do.")],
    email: Annotated[str, typer.Argument(help="Whose mail address.")] = "",
) -> None:
    """Say who may create seasons: `charrette organizer add ada@example.org`."""
    if bool(email) == (deed is Deed.LIST):
        fail("add and remove need a mail address, list needs none: charrette organizer add ada@example.org", code=2)
    settings = read()
    from app import db
    from challenges import people

    db.migrate(settings)
    with db.Database(settings).writing() as session:
        if deed is Deed.ADD:
            person = people.make_founder(session, email, None, datetime.now(UTC))
            say(f"{person.email} may create seasons. They sign in at {settings.url}.")
        elif deed is Deed.REMOVE and people.unmake_founder(session, email) is None:
            fail(f"Nobody here has the address {email}.")
        elif deed is Deed.REMOVE:
            say(f"{email} may no longer create seasons. Roles in existing seasons stay.")
        else:
            for person in people.founders(session):
                say(f"{person.email}  {person.name}")


@app.command()
def settings() -> None:
    """Print every setting as a Markdown table."""
    say(table().rstrip())


@app.command()
def clean() -> None:
    """Empty the data folder, and say what was removed. Refused while Charrette runs on it."""
    from app import supervisor

    try:
        supervisor.clean(read(), say)
    except supervisor.CannotRun as reason:
        fail(str(reason))


pack = typer.Typer(name="pack", help="Check, import and export challenge packs.", no_args_is_help=True)
app.add_typer(pack)


@pack.command("list")
def list_packs() -> None:
    """List the packs that come with Charrette, with the hours from release to due that they suggest."""
    from app import packing

    for line in packing.shipped():
        say(line)


@pack.command("check")
def check_packs(folders: Annotated[list[Path], typer.Argument(metavar="FOLDER…", help="Where the packs are.")]) -> None:
    """Say everything that is wrong with these packs, by file and line. Exit code 1 if there is something."""
    from app import packing

    if faults := packing.faults_in(folders):
        fail("\n".join(faults))
    say("Nothing is wrong.")


@pack.command("import")
def import_pack(
    name: Annotated[str, typer.Argument(metavar="PACK", help="A folder, or a name from `charrette pack list`.")],
    season: Annotated[str, typer.Argument(help="The end of the season’s address: /seasons/NAME.")],
    by: Annotated[str, typer.Option(metavar="EMAIL", help="Which organizer of the season drafts it.")],
    due: Annotated[str, typer.Option(metavar="INSTANT", help="When it is due, such as '2026-12-10 23:59'.")],
    zone: Annotated[str, typer.Option(help="By the clocks of which zone. Left out: the season’s.")] = "",
) -> None:
    """Draft the season's next challenge from a pack. Nobody but its organizers sees it yet."""
    settings = read()
    from app import db, packing

    pack = packing.read(name)
    with closing(db.Database(settings)) as database, database.writing() as session:
        found = packing.season_called(session, season)
        organizer = packing.organizer_called(session, found, by)
        challenge = packing.take_in(
            session, pack, found, organizer, due, zone or found.zone, datetime.now(UTC), settings.max_upload_mib
        )
    say(f"Challenge {challenge.number} is a draft: {settings.url}/seasons/{season}/challenges/{challenge.number}")


@pack.command("export")
def export_pack(
    season: Annotated[str, typer.Argument(help="The end of the season’s address: /seasons/NAME.")],
    number: Annotated[int, typer.Argument(help="The number of the challenge.")],
    folder: Annotated[Path, typer.Argument(help="A folder that is new or empty.")],
) -> None:
    """Write a challenge with its newest brief and its rubric into a folder, as a pack."""
    settings = read()
    from app import db, packing

    with closing(db.Database(settings)) as database, database.reading() as session:
        packing.give_out(session, packing.season_called(session, season), number, folder)
    say(f"{folder} is a pack. Check what it says before you send it to anybody.")


season = typer.Typer(name="season", help="Export and import whole seasons.", no_args_is_help=True)
app.add_typer(season)


@season.command("export")
def export_season(
    name: Annotated[str, typer.Argument(metavar="SEASON", help="The end of the season’s address: /seasons/NAME.")],
    file: Annotated[Path, typer.Argument(help="A file that is not there yet.")],
) -> None:
    """Write a season with its poster into one file: what organizers wrote, and nobody who takes part."""
    settings = read()
    from app import copying, db, packing
    from app.storage import Store

    if file.exists():
        fail(f"{file} is there already. Name a new file.")
    with closing(db.Database(settings)) as database, database.reading() as session:
        found = packing.season_called(session, name)
        file.write_text(copying.give_out(session, Store(settings), found, datetime.now(UTC)), encoding="utf-8")
    say(f"{file} holds the season {name}.")


@season.command("import")
def import_season(
    file: Annotated[Path, typer.Argument(help="What `charrette season export` or the season’s page wrote.")],
    by: Annotated[str, typer.Option(metavar="EMAIL", help="Which founder organizes the new season.")],
) -> None:
    """Make a new draft season from a file, or nothing at all if anything in it cannot be read."""
    settings = read()
    from app import copying, db
    from app.storage import Store

    made = copying.take_in(file, by, settings, db.Database(settings), Store(settings), datetime.now(UTC))
    say(f"A draft, which only {by} sees: {settings.url}/seasons/{made}")


def prepare_store(settings: Settings) -> None:
    """Make the bucket, and refuse a store that cannot do what we rely on, with the list."""
    from app.storage import Store, StoreAway, StoreUnfit

    try:
        Store(settings).prepare()
    except (StoreAway, StoreUnfit) as trouble:
        fail(str(trouble))


def has_season(settings: Settings) -> bool:
    from sqlmodel import select

    from app import db
    from challenges.seasons import Season

    with db.Database(settings).reading() as session:
        return session.exec(select(Season.id).limit(1)).first() is not None


def list_letters(settings: Settings) -> None:
    from app import db
    from challenges.letters import LetterState

    with db.Database(settings).reading() as session:
        letters = unaccepted(session)
        for letter in letters:
            say(f"{letter.id}  {letter.state.value:<9}  {letter.kind:<18}  {letter.to_email}  {letter.trouble or ''}")
    undecided = sum(letter.state is not LetterState.WAITING for letter in letters)
    say(f"{len(letters) - undecided} waiting, {undecided} refused or uncertain.")
    if undecided:
        raise typer.Exit(1)


def unaccepted(session: "Session", most: int = 500) -> "list[Letter]":
    from sqlmodel import col, select

    from challenges.letters import Letter

    return list(
        session.exec(select(Letter).where(col(Letter.sent_at).is_(None)).order_by(col(Letter.created_at)).limit(most))
    )


def send_again(settings: Settings, letter_id: str) -> None:
    from uuid import UUID

    from app import db, mail
    from challenges import letters

    with closing(db.Database(settings)) as database, database.writing() as session:
        try:
            letter = session.get(letters.Letter, UUID(letter_id))
        except ValueError:
            letter = None
        if letter is None:
            fail(f"There is no letter {letter_id}: `charrette mail` lists them.")
        if mail.is_unreadable(letter):
            fail("Its secret link is forgotten, so it cannot be sent again. Ask for a new one.")
        letters.send_again(letter)
    say(f"The letter to {letter.to_email} is in the outbox again; the worker sends it.")


def send_test(settings: Settings, address: str) -> None:
    from app import mail

    if not settings.smtp_host:
        fail("No mail server is set: set CHARRETTE_SMTP_HOST first. Until then letters are read on the mailbox page.")
    try:
        mail.send_test(settings, address, datetime.now(UTC))
    except mail.Broken:
        fail("The connection broke before the mail server said whether it took the letter.")
    except (mail.Away, mail.Refused) as trouble:
        fail(str(trouble))
    say(f"The mail server took a test letter to {address}.")


def show_version(wanted: bool) -> None:
    if wanted:
        say(__version__)
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Say which it is.")
    ] = False,
) -> None:
    pass


def main(words: list[str] | None = None) -> Any:
    """Run one command; what a person can mend is a sentence, never a trace."""
    from challenges.refusals import Refusal

    try:
        app(words, prog_name="charrette")
    except SettingsRefused as refused:
        typer.echo(f"{Path(sys.argv[0]).name}: the settings are wrong:", err=True)
        for problem in refused.problems:
            typer.echo(f"  - {problem}", err=True)
        sys.exit(2)
    except Refusal as refusal:
        typer.echo(str(refusal), err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
