"""Packets over HTTP: each opens for its own team and the organizers, once it is made."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID

import httpx
import pytest
from sqlmodel import Session

from app.storage import Store
from judging import packets
from judging.packets import Packet
from tests.app.test_feedback import finish, path
from tests.stage import Stage


def test_a_packet_opens_once_it_is_made_and_for_nobody_else(stage: Stage) -> None:
    world = stage.world
    stage.write(finish, stage)
    stage.browser(world.cast.ada).send_form(path(stage))
    with stage.database.reading() as session:
        ids = {team.name: packet.id for packet, team in packets.packets_of(session, world.judged.id)}
    mine = f"/packets/{ids['Plan B']}"
    everybody = [
        world.cast.ben, world.cast.cleo, world.cast.ada, world.fay, world.cast.dana, world.cast.dev, world.emil,
        world.cast.eve, world.nora, world.nemo,
    ]  # fmt: skip
    assert [stage.browser(person).get(mine).status_code for person in everybody] == [404] * 10

    def made(session: Session) -> None:
        packet = session.get_one(Packet, ids["Plan B"])
        packet.rendered_at, packet.key, packet.store_version_id, packet.size = stage.clock.at, "packets/x.pdf", "v", 9

    stage.write(made)
    assert [stage.browser(person).get(mine).status_code for person in everybody] == [303] * 3 + [404] * 7
    assert stage.browser(world.cast.ben).get(f"/packets/{UUID(int=1)}").status_code == 404


@pytest.mark.slow
def test_the_bytes_of_a_packet_need_an_address_that_ends_after_a_minute(stage: Stage, store: Store) -> None:
    world = stage.world
    stored = store.write(f"packets/{world.packet_id}.pdf", b"%PDF-1.7 a packet", "application/pdf")

    def keep(session: Session) -> None:
        packet = session.get_one(Packet, world.packet_id)
        packet.key, packet.store_version_id = stored.key, stored.version_id

    stage.write(keep)
    answer = stage.browser(world.cast.cleo).get(f"/packets/{world.packet_id}")
    address = answer.headers["location"]
    signed = parse_qs(urlsplit(address).query)
    signed_at = datetime.strptime(signed["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    assert (signed["X-Amz-Expires"], abs(datetime.now(UTC) - signed_at) < timedelta(seconds=30)) == (["60"], True)
    packet = httpx.get(address)
    name = unquote(packet.headers["content-disposition"].split("filename*=UTF-8''")[1])
    assert (packet.content, name) == (b"%PDF-1.7 a packet", "Plan B - challenge 1 - feedback.pdf")
    assert httpx.get(address.split("?")[0]).status_code == 403


def test_the_season_shows_each_team_its_own_packet(stage: Stage) -> None:
    world = stage.world
    own = f"/packets/{world.packet_id}"
    seen = {
        person.name: own in stage.browser(person).get(world.home).text
        for person in (world.cast.ben, world.cast.cleo, world.fay, world.cast.dana, world.cast.eve)
    }
    assert seen == {"Ben": True, "Cleo": True, "Fay": False, "Dana": False, "Eve": False}
