"""Cuts: who goes on after a challenge, who leaves, who wins; proposed from the ranking, confirmed by an organizer."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import and_, or_
from sqlmodel import Session, col, select

from challenges import outcomes
from challenges.challenges import Challenge
from challenges.deadlines import deadlines_of
from challenges.entries import Entry, entries_of
from challenges.formats import Format, TieRule
from challenges.history import note
from challenges.outcomes import Outcome, OutcomeKind
from challenges.people import Person
from challenges.records import lock
from challenges.refusals import Refusal
from challenges.rubrics import scales_of
from challenges.seasons import Season
from challenges.states import Deed
from challenges.teams import Team
from challenges.versions import handed_in
from judging.composite import mean
from judging.league import table_of
from judging.progress import SheetState, states_of
from judging.standings import Levels, Placing, Standing, readings_of, standings_of

LONGEST_REASON = 400
NO_CHAIR = "The chair decides, and nobody is named. Name the chair on the panel of this challenge first."


@dataclass(frozen=True)
class Row:
    """What is proposed for one entry that still takes part."""

    entry: Entry
    team: Team
    standing: Standing | None
    """None where nothing was handed in."""
    proposed: OutcomeKind | None
    """None: an organizer has to decide."""
    reason: str
    is_tied: bool = False
    """Too close to call: the line runs through the entries that share this score."""

    @property
    def place(self) -> int | None:
        return self.standing.place if self.standing else None

    @property
    def score(self) -> Decimal | None:
        return self.standing.score if self.standing else None


@dataclass(frozen=True)
class Proposal:
    """Best first; who handed in nothing stands below."""

    rows: Sequence[Row]
    line: int | None
    """After so many rows the line is drawn; None where nobody leaves by the ranking."""
    decides: bool
    """Somebody wins here."""
    others: Sequence[Standing] = ()
    """In the ranking, but withdrawn or out before: they take nobody's place."""
    confirmed: Mapping[UUID, Outcome] = field(default_factory=dict)
    """By entry, what an organizer has confirmed already."""

    @property
    def is_plain(self) -> bool:
        """Everybody goes on, so there is nothing to decide."""
        return all(row.proposed == OutcomeKind.GOES_ON for row in self.rows)


@dataclass(frozen=True)
class Decision:
    """What an organizer says for one entry; the reason is theirs where they differ from the proposal."""

    kind: OutcomeKind
    reason: str = ""


def propose(session: Session, challenge: Challenge, season: Season, now: datetime) -> Proposal:
    """What the rules of the season make of the ranking as it is now. Nothing is written."""
    known = _known(session, challenge)
    found = _counted(session, challenge, {one.entry_id for one in known if one.challenge_id != challenge.id})
    standings = {standing.entry_id: standing for standing in standings_of(session, challenge)}
    order = {entry_id: at for at, entry_id in enumerate(standings)}
    found.sort(key=lambda pair: (order.get(pair[0].id, len(order)), pair[1].name_key))
    ranked: list[Ranked] = [(entry, team, standings[entry.id]) for entry, team in found if entry.id in standings]
    missing = [(entry, team) for entry, team in found if entry.id not in standings]
    counted = {entry.id for entry, _ in found}
    decides = challenge.is_final or season.format == Format.SINGLE
    absent = list(_missing(session, challenge, season, missing, now))
    if decides and season.format == Format.LEAGUE:
        # The table counts a challenge that is left out as 0, so whoever missed the final can still win.
        late = [(row.entry, row.team, None) for row in absent if row.proposed]
        ranked, absent = [*ranked, *late], [row for row in absent if row.proposed is None]
    rows = _final if decides else _league if season.format == Format.LEAGUE else _knock_out
    has_line = rows is _knock_out and challenge.go_on is not None and len(ranked) > challenge.go_on
    return Proposal(
        [*rows(session, challenge, season, ranked), *absent],
        challenge.go_on if has_line else None,
        decides,
        [standing for standing in standings.values() if standing.entry_id not in counted],
        {one.entry_id: one for one in known if one.challenge_id == challenge.id},
    )


def _known(session: Session, challenge: Challenge) -> Sequence[Outcome]:
    """What is confirmed here, and who left in an earlier challenge, public or not."""
    up_to_here = (
        select(Outcome)
        .join(Challenge, col(Challenge.id) == col(Outcome.challenge_id))
        .where(
            Challenge.season_id == challenge.season_id,
            or_(
                col(Challenge.id) == challenge.id,
                and_(col(Challenge.number) < challenge.number, col(Outcome.kind) == OutcomeKind.LEAVES),
            ),
        )
    )
    return session.exec(up_to_here).all()


def _counted(session: Session, challenge: Challenge, out: Set[UUID]) -> list[tuple[Entry, Team]]:
    """Who can still leave or win here: not withdrawn, not out, and in the season before the last hour to hand in."""
    return [
        (entry, team)
        for entry, team in entries_of(session, challenge.season_id)
        if entry.withdrawn_at is None and entry.id not in out and entry.entered_at < challenge.settled_at
    ]


def _missing(
    session: Session, challenge: Challenge, season: Season, missing: Sequence[tuple[Entry, Team]], now: datetime
) -> Iterator[Row]:
    """Who handed in nothing leaves, once nothing can arrive any more."""
    deadlines = deadlines_of(session, challenge, [entry.id for entry, _ in missing]) if missing else {}
    for entry, team in missing:
        if now < deadlines[entry.id].closes_at:
            yield Row(entry, team, None, None, "Can still hand in.")
        elif season.format == Format.LEAGUE:
            yield Row(entry, team, None, OutcomeKind.GOES_ON, "Nothing received. In a league nobody leaves.")
        else:
            yield Row(entry, team, None, OutcomeKind.LEAVES, "Nothing received.")


Ranked = tuple[Entry, Team, Standing | None]
"""None only in the final of a league, where it counts 0."""


def _league(session: Session, challenge: Challenge, season: Season, ranked: Sequence[Ranked]) -> Iterator[Row]:
    for one in ranked:
        yield Row(*one, OutcomeKind.GOES_ON, "In a league nobody leaves.")


def _knock_out(session: Session, challenge: Challenge, season: Season, ranked: Sequence[Ranked]) -> Iterator[Row]:
    line = challenge.go_on
    if line is None or len(ranked) <= line:
        few = "Nobody leaves by this ranking." if line is None else f"No more than {line} handed in."
        yield from (Row(*one, OutcomeKind.GOES_ON, few) for one in ranked)
        return
    points = [standing.score if standing else None for *_, standing in ranked]
    close = _too_close(points, line)
    settled = _settle(session, challenge, season, [ranked[at] for at in close], line - min(close, default=line))
    for at, one in enumerate(ranked):
        if points[at] is None:
            yield Row(*one, None, "Nobody has read it yet.")
        elif at in close:
            kind, reason = settled[one[0].id]
            yield Row(*one, kind, f"Shares the last place that goes on. {reason}", is_tied=True)
        elif at < line:
            yield Row(*one, OutcomeKind.GOES_ON, f"Among the first {line}.")
        else:
            yield Row(*one, OutcomeKind.LEAVES, f"Below the first {line}.")


def _final(session: Session, challenge: Challenge, season: Season, ranked: Sequence[Ranked]) -> Iterator[Row]:
    """The first one wins; the others were in the final, and nobody leaves any more."""
    points = _points(session, challenge, season, ranked)
    order = sorted(range(len(ranked)), key=lambda at: (points[at] is None, -(points[at] or 0)))
    close = [order[at] for at in _too_close([points[at] for at in order], 1)]
    settled = _settle(session, challenge, season, [ranked[at] for at in close], 1)
    best = order[0] if order else None
    for at, one in enumerate(ranked):
        flag = "" if one[2] else "Nothing received, which counts 0. "
        if points[at] is None:
            yield Row(*one, None, "Nobody has read it yet.")
        elif at in close:
            kind, reason = settled[one[0].id]
            won = OutcomeKind.WINS if kind == OutcomeKind.GOES_ON else kind and OutcomeKind.GOES_ON
            yield Row(*one, won, f"{flag}Shares the first place. {reason}", is_tied=True)
        elif at == best:
            yield Row(*one, OutcomeKind.WINS, f"{flag}The first place.")
        else:
            yield Row(*one, OutcomeKind.GOES_ON, f"{flag}Took part to the end.")


def _points(
    session: Session, challenge: Challenge, season: Season, ranked: Sequence[Ranked]
) -> Sequence[Decimal | None]:
    """What decides a final: the score here; in a league the sum over everything that is confirmed and this."""
    if season.format != Format.LEAGUE:
        return [standing.score if standing else None for *_, standing in ranked]
    before = session.exec(
        select(Challenge)
        .where(
            Challenge.season_id == season.id,
            col(Challenge.number) < challenge.number,
            col(Challenge.id).in_(select(Outcome.challenge_id)),
        )
        .order_by(col(Challenge.number))
    ).all()
    sums = {line.entry_id: line.points for line in table_of(session, season.id, [*before, challenge])}
    return [None if standing and standing.score is None else sums[entry.id] for entry, _, standing in ranked]


def _too_close(points: Sequence[Decimal | None], line: int) -> Sequence[int]:
    """Which of these, best first, are too close to call at this line: those with the very score it runs through."""
    if not 0 < line < len(points) or points[line - 1] is None or points[line - 1] != points[line]:
        return []
    return [at for at, one in enumerate(points) if one == points[line]]


Settled = Mapping[UUID, tuple[OutcomeKind | None, str]]


def _settle(session: Session, challenge: Challenge, season: Season, tied: Sequence[Ranked], places: int) -> Settled:
    """What the season's rule makes of entries that share the last `places`."""
    if not tied:
        return {}
    if season.tie_rule == TieRule.DEFENCE:
        return dict.fromkeys((entry.id for entry, *_ in tied), (None, "The defence decides."))
    if season.tie_rule == TieRule.CHAIR:
        told = "The chair decides." if challenge.chair_id else NO_CHAIR
        return dict.fromkeys((entry.id for entry, *_ in tied), (None, told))
    if season.tie_rule == TieRule.CRITERION:
        return _by_criterion(session, challenge, season.tie_criterion, tied, places)
    go_on = (OutcomeKind.GOES_ON, "By the season’s rule all who share it count alike.")
    return dict.fromkeys((entry.id for entry, *_ in tied), go_on)


def _by_criterion(session: Session, challenge: Challenge, title: str, tied: Sequence[Ranked], places: int) -> Settled:
    """The better mean in one criterion, exactly; who is equal in that as well goes on together."""
    position = next(  # there is one, or the challenge could not be released
        scale.criterion.position
        for scale in scales_of(session, challenge.rubric_version_id)
        if scale.criterion.title.casefold() == title.casefold()
    )
    readings = readings_of(session, challenge.id)
    means = {
        entry.id: _mean(readings[standing.submission_id].values() if standing else (), position)
        for entry, _, standing in tied
    }
    least = sorted(means.values(), reverse=True)[places - 1]
    return {
        entry_id: (OutcomeKind.GOES_ON, f"Best in “{title}”.")
        if own >= least
        else (OutcomeKind.LEAVES, f"Others are better in “{title}”.")
        for entry_id, own in means.items()
    }


def _mean(sheets: Iterable[Levels], position: int) -> Fraction:
    """Of the levels that judges gave; nothing where none of them found it applicable."""
    given = [points for levels in sheets if (points := levels[position]) is not None]
    return mean(given) if given else Fraction(0)


def check_judged(session: Session, challenge: Challenge) -> None:
    """Refused while a design has no reader, or a reader has not handed in."""
    submissions, states = handed_in(session, challenge.id), states_of(session, challenge.id)
    if submissions and not states:
        raise Refusal("No judge is assigned to this challenge, so there is no feedback to release.")
    if missing := sum(state != SheetState.HANDED_IN for state in states.values()):
        raise Refusal(
            f"{missing} of {len(states)} scoresheets are not handed in. Wait for them, or end those assignments first."
        )
    read = {pair.submission_id for pair in states}
    if unread := [team.name for submission, _, team, _ in submissions if submission.id not in read]:
        raise Refusal(f"Nobody has read the design of {', '.join(unread)}. Assign at least one judge to each.")


def confirm(
    session: Session, challenge: Challenge, season: Season, decided: Mapping[UUID, Decision], by: Person, now: datetime
) -> list[Outcome]:
    """Write down what the challenge means for everybody, in one deed; an entry left out gets what is proposed.

    Nobody else knows before the release. Confirming the same twice confirms it once.
    """
    season.check(Deed.RELEASE_RESULTS, now)
    lock(session, challenge)
    if already := outcomes.of_challenge(session, challenge.id):
        known = {one.entry_id: one.kind for one in already}
        if all(known.get(entry_id) == one.kind for entry_id, one in decided.items()):
            return already
        raise Refusal("The results of this challenge are confirmed already. Undo that first.")
    if now < challenge.settled_at:
        until = challenge.settled_at.astimezone(ZoneInfo(season.zone))
        raise Refusal(
            f"Until {until:%a %d %b, %H:%M} ({season.zone}, that is {challenge.settled_at:%a %H:%M} UTC) "
            "designs can still arrive. Confirm after that."
        )
    check_judged(session, challenge)
    proposal = propose(session, challenge, season, now)
    if decided.keys() - {row.entry.id for row in proposal.rows}:
        raise Refusal("Meanwhile somebody has withdrawn. Look at the ranking again, then confirm.")
    if season.tie_rule == TieRule.CHAIR and not challenge.chair_id and any(row.is_tied for row in proposal.rows):
        raise Refusal(NO_CHAIR)
    kinds = {row.entry.id: _decide(row, decided.get(row.entry.id), proposal) for row in proposal.rows}
    if proposal.decides and kinds and all(kind == OutcomeKind.GOES_ON for kind, _ in kinds.values()):
        raise Refusal("Somebody wins here. Say who.")
    made = outcomes.confirm(session, challenge, kinds, by, now)
    note(
        session, by, "results.confirmed", challenge, now, season.id, challenge=challenge.number,
        leave=sum(kind == OutcomeKind.LEAVES for kind, _ in kinds.values()),
    )  # fmt: skip
    return made


def _decide(row: Row, decision: Decision | None, proposal: Proposal) -> tuple[OutcomeKind, str]:
    decision = decision or (Decision(row.proposed) if row.proposed else None)
    if decision is None:
        raise Refusal(f"Decide first whether {row.team.name} goes on.", field=f"kind-{row.entry.id}")
    if decision.kind == OutcomeKind.WINS and not proposal.decides:
        raise Refusal("Nobody wins before the final.", field=f"kind-{row.entry.id}")
    reason = " ".join(decision.reason.split())
    if len(reason) > LONGEST_REASON:
        raise Refusal(f"That is longer than {LONGEST_REASON} characters.", field=f"reason-{row.entry.id}")
    if row.proposed and decision.kind != row.proposed and not reason:
        raise Refusal(
            f"For {row.team.name} the ranking says “{row.proposed}”. Say why it is decided otherwise.",
            field=f"reason-{row.entry.id}",
        )
    if row.is_tied and not row.proposed and not reason:
        raise Refusal(
            f"The ranking cannot tell whether {row.team.name} {decision.kind}. Say why it is decided so.",
            field=f"reason-{row.entry.id}",
        )
    return decision.kind, reason or row.reason


def announced(session: Session, challenge: Challenge, own_team_id: UUID | None) -> list[Placing]:
    """What the public page says: the places, what they mean, and then who handed in nothing and leaves, or wins.

    Whoever asks has to know that it is public, or that they may rehearse it.
    """
    kinds = outcomes.kinds_of(session, challenge.id)
    places = [
        Placing.of(standing, kinds.pop(standing.entry_id, None), own_team_id)
        for standing in standings_of(session, challenge)
    ]
    told = select(Outcome.entry_id).where(Outcome.challenge_id == challenge.id, Outcome.kind != OutcomeKind.GOES_ON)
    named = select(Entry.id, Team.id, Team.name).join(Team, col(Team.id) == col(Entry.team_id))
    absent = [
        Placing(None, False, team, kinds[entry_id], team_id == own_team_id, None)
        for entry_id, team_id, team in session.exec(named.where(col(Entry.id).in_(told)).order_by(Team.name))
        if entry_id in kinds
    ]
    return [*places, *absent]
