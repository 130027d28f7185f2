"""Notices: what entrants read at once, because somebody changed what they work by."""

from datetime import datetime

from sqlmodel import Session

from challenges.audiences import Audience, AudienceKind
from challenges.briefs import Brief
from challenges.challenges import Challenge
from challenges.deadlines import Extension
from challenges.mailings import Kind, Mailing, Planned, Words, row_of, write_letters
from challenges.people import Person
from challenges.rewordings import Rewording
from challenges.seasons import Season


def tell_amended(
    session: Session, season: Season, challenge: Challenge, amended: Brief, by: Person, now: datetime,
    extension: Extension | None = None,
) -> Mailing:  # fmt: skip
    """Every entrant reads at once what changed in the brief, and how much more time there is for it."""
    more = (
        f"\n\nFor that, **every team has {extension.minutes} more minutes**: the due instant has moved."
        if extension
        else ""
    )
    words = Words(
        f"Challenge {challenge.number}: the brief was amended (amendment {amended.amendment})",
        f"The brief of challenge {challenge.number}, “{challenge.title}”, was amended. "
        f"The note of amendment {amended.amendment} says:\n\n{_quoted(amended.note)}{more}",
    )
    key = f"amendment-{challenge.number}-{amended.amendment}"
    return _tell(session, season, Kind.AMENDMENT, key, Audience(AudienceKind.ENTRANTS, challenge), words, by, now)


def tell_reworded(
    session: Session, season: Season, challenge: Challenge, made: Rewording, by: Person, now: datetime
) -> Mailing:
    """Every entrant reads at once what changed in how the challenge is judged."""
    words = Words(
        f"Challenge {challenge.number}: the rubric was amended",
        f"How challenge {challenge.number}, “{challenge.title}”, is judged was amended. "
        f"The note says:\n\n{_quoted(made.note)}",
    )
    key = f"rubric-{challenge.number}-{made.number}"
    return _tell(session, season, Kind.AMENDMENT, key, Audience(AudienceKind.ENTRANTS, challenge), words, by, now)


def tell_extended(
    session: Session, season: Season, challenge: Challenge, extension: Extension, by: Person, now: datetime
) -> Mailing:
    """Every entrant reads at once that there is more time; or one entry does, whose reason stays private."""
    named = f"challenge {challenge.number}, “{challenge.title}”"
    number, kind = challenge.number, Kind.EXTENDED if extension.entry_id else Kind.MOVED
    if kind == Kind.MOVED:
        words = Words(
            f"Challenge {number}: there is more time for every team",
            f"The due instant of {named}, is {extension.minutes} minutes later than before, for every team alike. "
            "The reason:\n\n"
            f"{_quoted(extension.reason)}",
        )
    elif extension.minutes:
        words = Words(
            f"Challenge {number}: your team has more time",
            f"For {named}, your team has {extension.minutes} minutes more than all others. "
            "The reason stands beside your deadline. It is due:",
        )
    else:
        words = Words(
            f"Challenge {number}: your team’s own due instant is taken back",
            f"For {named}, the due instant of all teams holds for yours as well. It is this one:",
        )
    audience = Audience(AudienceKind.ENTRANTS, challenge, extension.entry_id)
    return _tell(session, season, kind, f"deadline-{number}-{extension.id.hex}", audience, words, by, now)


def _tell(
    session: Session, season: Season, kind: Kind, key: str, audience: Audience, words: Words, by: Person, now: datetime
) -> Mailing:
    one = Planned(key, kind, audience, words, goes_at=now)
    row = row_of(session, season, one)
    if not row.sent_at:
        row.written_by = by.id
        write_letters(session, season, one, row, by, now, lambda _, __: ())
    return row


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())
