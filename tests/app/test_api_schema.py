"""The API against its own description: whatever is asked, the answer is one that OpenAPI promises."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.routes.api.index import specification
from challenges import tokens
from challenges.tokens import TokenScope
from tests.stage import Stage

CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance,
]  # fmt: skip
PATHS = sorted(specification()["paths"])
EXAMPLES = 12


def operation_at(path: str) -> Any:
    schema = schemathesis.openapi.from_dict(specification())
    return schema[path]["GET"]


@pytest.fixture
def known(stage: Stage) -> dict[str, object]:
    """What really is there, so that not every address that is tried leads nowhere."""
    world = stage.world
    return {
        "slug": world.season.slug,
        "number": 1,
        "version_id": str(world.version.id),
        "sheet_id": str(world.sheet_id),
    }


@pytest.mark.slow
@pytest.mark.parametrize("who", ["nobody", "ben", "ada"])
@pytest.mark.parametrize("path", PATHS)
def test_every_answer_is_one_that_was_promised(stage: Stage, known: dict[str, object], path: str, who: str) -> None:
    browser = stage.browser()
    if who != "nobody":
        person = getattr(stage.world.cast, who)
        text = stage.write(tokens.create, person, "schemathesis", list(TokenScope), 90, stage.clock.at)[1]
        browser.headers["authorization"] = f"Bearer {text}"
    operation = operation_at(path)

    @settings(
        max_examples=EXAMPLES, derandomize=True, database=None, deadline=None, phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(
        case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
        | operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
    )
    def ask(case: Any) -> None:
        for parameters in (
            case.path_parameters,
            {**case.path_parameters, **{one: known[one] for one in case.path_parameters}},
        ):
            case.path_parameters = parameters
            sent = case.as_transport_kwargs(base_url=stage.site.settings.url)
            headers = {
                name: value for name, value in (sent.get("headers") or {}).items() if name.lower() != "authorization"
            }
            answer = browser.request(sent["method"], sent["url"], params=sent.get("params"), headers=headers)
            case.validate_response(answer, checks=CHECKS)

    ask()
