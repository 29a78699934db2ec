"""Steps that come one at a time through a file."""

from __future__ import annotations

from pathlib import Path

import gevent
import msgspec

from harness.load.ordered_steps import OrderedSteps, make_source
from harness.run_directory import RunDirectory
from harness.step_orders import ORDERS_FILE, StepOrder


def append(file: Path, text: bytes) -> None:
    with file.open("ab") as stream:
        stream.write(text)


def test_a_step_is_waited_for_until_its_line_is_whole(tmp_path: Path) -> None:
    file, order = tmp_path / ORDERS_FILE, StepOrder(users=3, hold_s=1.5, purpose="pair")
    line = msgspec.json.encode(order) + b"\n"
    file.write_bytes(line[:10])
    waiting = gevent.spawn(OrderedSteps(file).next_order)
    gevent.sleep(0.05)
    assert not waiting.ready()
    append(file, line[10:])
    assert waiting.get(timeout=5) == order


def test_null_ends_the_run(tmp_path: Path) -> None:
    file = tmp_path / ORDERS_FILE
    file.write_bytes(b'{"users":1,"hold_s":1.0}\nnull\n')
    source = OrderedSteps(file)
    first = source.next_order()
    assert first is not None
    assert first.users == 1
    assert source.next_order() is None


def test_only_a_run_with_a_file_of_orders_follows_it(tmp_path: Path) -> None:
    other = OrderedSteps(tmp_path / "other")
    assert make_source(RunDirectory(tmp_path), otherwise=other) is other
    (tmp_path / ORDERS_FILE).touch()
    assert make_source(RunDirectory(tmp_path), otherwise=other) is not other
