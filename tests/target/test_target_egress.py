"""Nothing but this machine is reached, whatever library tries."""

from __future__ import annotations

import pytest
from target_process import StartTarget

CHAIN = """
    import asyncio
    import http.client
    import socket
    import urllib.request

    import httpx
    import httpx2
    from langchain_core.runnables import RunnableLambda
    from langchain_openai import ChatOpenAI

    async def httpx_async(place):
        async with httpx.AsyncClient() as client:
            await client.get(f"http://{place}:81/")

    async def httpx_sync(place):
        await asyncio.to_thread(httpx.get, f"http://{place}:82/")

    async def httpx2_async(place):
        async with httpx2.AsyncClient() as client:
            await client.get(f"http://{place}:83/")

    async def streams(place):
        await asyncio.open_connection(place, 84)

    async def plain_socket(place):
        socket.create_connection((place, 85), timeout=1)

    async def standard_library(place):
        await asyncio.to_thread(urllib.request.urlopen, f"http://{place}:86/")

    async def datagram(place):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.sendto(b"x", (place, 87))

    async def endpoint(place):
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=(place, 88))

    async def openai(place):
        await ChatOpenAI(model="m", base_url=f"http://{place}:89/v1", max_retries=1).ainvoke("x")

    async def raw_connect(place):
        loop = asyncio.get_running_loop()
        with socket.socket() as sock:
            sock.setblocking(False)
            await asyncio.wait_for(loop.sock_connect(sock, (place, 90)), 1)

    async def own_loop(place):
        def work():
            asyncio.run(streams_of_its_own(place))
        await asyncio.to_thread(work)

    async def streams_of_its_own(place):
        await asyncio.open_connection(place, 91)

    tries = [httpx_async, httpx_sync, httpx2_async, streams, plain_socket, standard_library, datagram, endpoint,
             openai, raw_connect, own_loop]

    async def reach(places):
        errors = {}
        for index, attempt in enumerate(tries):
            try:
                await attempt(places[index % len(places)])
                errors[attempt.__name__] = "reached"
            except Exception as error:
                errors[attempt.__name__] = type(error).__name__
        return errors

    chain = RunnableLambda(reach)
    """
PORTS = {81: "httpx_async", 82: "httpx_sync", 83: "httpx2_async", 84: "streams", 85: "plain_socket"}
PORTS |= {
    86: "standard_library",
    87: "datagram",
    88: "endpoint",
    89: "openai",
    90: "raw_connect",
    91: "own_loop",
}


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_another_address_is_refused_once_and_named_with_the_line(
    start_target: StartTarget, loop: str
) -> None:
    target = start_target(CHAIN, input_json='["192.0.2.7"]', loop=loop)
    for _ in range(2):
        errors = target.post("/invoke", user=0, step=1).json()["output"]
    assert "reached" not in errors.values()
    events = target.events("egress_refused")
    seen = {event.data["port"]: event.data["stack"][-1]["function"] for event in events}
    expected = PORTS | {91: "streams_of_its_own"}
    assert seen == expected
    assert len(events) == len(expected)
    assert {event.data["host"] for event in events} == {"192.0.2.7"}
    assert {event.step for event in events} == {1}
    assert "--allow-host 192.0.2.7" in str(events[0].message)


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_a_name_is_refused_before_it_is_looked_up(start_target: StartTarget, loop: str) -> None:
    names = ["api.example.com", "example.org."]
    target = start_target(CHAIN, input_json='["api.example.com", "example.org."]', loop=loop)
    errors = target.post("/invoke", user=0).json()["output"]
    assert "reached" not in errors.values()
    hosts = {event.data["host"] for event in target.events("egress_refused")}
    assert hosts == {name.rstrip(".") for name in names}
    ports = {event.data["port"] for event in target.events("egress_refused")}
    assert ports >= {81, 82, 83, 84, 85, 86, 88, 89}


def test_loopback_is_reached_by_any_of_its_names(start_target: StartTarget) -> None:
    target = start_target(CHAIN, input_json='["127.0.0.1", "localhost", "127.0.0.2", "0.0.0.0"]')
    target.post("/invoke", user=0)
    assert target.events("egress_refused") == []


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_an_allowed_host_is_tried(start_target: StartTarget, loop: str) -> None:
    target = start_target(
        CHAIN, input_json='["192.0.2.7"]', loop=loop, allow_hosts=("192.0.2.7",), timeout_s=0.5
    )
    target.post("/invoke", user=0)
    assert target.events("egress_refused") == []


def test_a_connection_at_import_is_refused_and_named(start_target: StartTarget) -> None:
    target = start_target(
        """
        import socket
        from langchain_core.runnables import RunnableLambda

        try:
            socket.create_connection(("203.0.113.5", 443), timeout=1)
        except PermissionError as error:
            said = str(error)
        chain = RunnableLambda(lambda text: said)
        """,
        input_json='"x"',
    )
    said = target.post("/invoke", user=0).json()["output"]
    assert "not 203.0.113.5:443; allow it with --allow-host 203.0.113.5" in said
    (event,) = target.events("egress_refused")
    assert event.step is None
    assert event.data["stack"][-1]["code"].startswith("socket.create_connection")
