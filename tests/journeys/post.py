"""Post: what the mail server took, as the person reads it to whom it was written."""

import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import cast

from tests.journeys.house import wait_for
from tests.servers import MailSink


class Post:
    def __init__(self, sink: MailSink) -> None:
        self.sink = sink
        self._read: set[int] = set()

    def letter_to(self, email: str, about: str) -> str:
        """The text of the next letter to this address whose subject says so; waits until it arrives."""

        def next_one() -> str | None:
            for number, letter in enumerate(self.sink.letters):
                message = cast("EmailMessage", message_from_bytes(bytes(letter.content or b""), policy=default))
                if number not in self._read and email in letter.rcpt_tos and about in message["Subject"]:
                    self._read.add(number)
                    body = message.get_body(("plain",))
                    return str(body.get_content()).replace("\r\n", "\n") if body else ""
            return None

        return wait_for(next_one, f"a letter to {email} about {about!r}")

    def code_for(self, email: str) -> str:
        return found(r"^ +(\d{6})$", self.letter_to(email, "Your sign-in code"))

    def link_in(self, letter: str) -> str:
        return found(r"^ +(http\S+)$", letter)


def found(pattern: str, text: str) -> str:
    match = re.search(pattern, text, re.MULTILINE)
    assert match, text
    return match[1]
