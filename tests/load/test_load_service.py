from __future__ import annotations

import pytest

from harness.load.health import quantile
from harness.load.service import Service, make_request, service_of_url
from harness.load.worker import user_number
from harness.placeholders import Fill
from harness.settings import Mode, RunSettings

FILL = Fill(user=3, sequence=4, canary="cnry")
RUNNABLE = Service(host="127.0.0.1", port=1, kind="runnable")


def settings(**fields: object) -> RunSettings:
    return RunSettings(name="n", target="t", **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("mode", "path", "is_streamed"),
    [
        ("ainvoke", "/invoke", False),
        ("invoke", "/invoke", False),
        ("astream", "/stream", True),
        ("abatch", "/batch", False),
    ],
)
def test_a_runnable_is_called_by_its_mode_and_supplies_its_own_input(
    mode: Mode, path: str, is_streamed: bool
) -> None:
    request = make_request(settings(mode=mode), RUNNABLE, FILL)
    assert (request.method, request.path, request.body, request.is_streamed) == (
        "POST",
        path,
        b"{}",
        is_streamed,
    )


def test_a_task_of_a_scenario_sends_its_own_input() -> None:
    assert (
        make_request(settings(), RUNNABLE, FILL, value={"q": "user {user}"}).body
        == b'{"input":{"q":"user 3"}}'
    )
    assert make_request(settings(mode="abatch"), RUNNABLE, FILL, value=[1, 2]).body == b'{"inputs":[1,2]}'


def test_a_task_of_a_scenario_chooses_whether_to_stream() -> None:
    assert make_request(settings(mode="astream"), RUNNABLE, FILL, stream=False).path == "/invoke"
    assert make_request(settings(), RUNNABLE, FILL, stream=True).path == "/stream"


def test_an_app_gets_path_method_and_body_with_placeholders_filled() -> None:
    app = Service(host="127.0.0.1", port=1, kind="asgi")
    given = settings(path="/chat/{user}", method="put", body='{"n": {sequence}, "c": "{canary}"}')
    request = make_request(given, app, FILL)
    assert (request.method, request.path, request.name) == ("PUT", "/chat/3", "/chat/{user}")
    assert request.body == b'{"n": 4, "c": "cnry"}'
    assert request.content_type == "application/json"


def test_a_body_that_is_no_json_is_text_and_none_has_no_type() -> None:
    app = Service(host="127.0.0.1", port=1, kind="asgi")
    assert make_request(settings(body="hello"), app, FILL).content_type == "text/plain; charset=utf-8"
    assert make_request(settings(method="GET"), app, FILL).content_type is None


@pytest.mark.parametrize(
    ("url", "path", "expected"),
    [
        ("http://127.0.0.1:8000", "/", "/"),
        ("http://127.0.0.1:8000/chat", "/", "/chat"),
        ("http://127.0.0.1:8000/v1/", "/chat", "/v1/chat"),
    ],
)
def test_the_path_of_a_url_comes_before_the_path_of_the_settings(url: str, path: str, expected: str) -> None:
    assert make_request(settings(path=path), service_of_url(url), FILL).path == expected


def test_a_url_has_the_port_of_its_scheme() -> None:
    assert service_of_url("https://localhost/x").port == 443
    assert service_of_url("http://[::1]:81").base_url == "http://[::1]:81"


def test_numbers_of_users_are_unique_over_lanes_early_and_late() -> None:
    numbers = [user_number(n, lane=lane, lane_count=3) for lane in range(5) for n in range(2000)]
    assert len(set(numbers)) == len(numbers)
    assert sorted(numbers)[:6] == [0, 1, 2, 3, 4, 5]


def test_a_quantile_of_nothing_is_none() -> None:
    assert quantile([], 0.95) is None
    assert quantile([3.0, 1.0, 2.0], 0.5) == 2.0
