"""The recorder client: frames of exchanges, and exchanges that wait while nobody listens."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from homeport.gateway.context import Exchange, Step
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.message import Reply
from homeport.gateway.observers.recorder_client import RecorderClient, frame_of, stage_times
from homeport.gateway.pipeline import STEP_NAMES, Pipeline, PipelineSteps
from homeport.recordings.exchange_frame import facts_reader
from homeport.runtime.worker.frames import receive
from tests.support.gateway import make_answered, make_context, make_exchange, make_request
from tests.support.inspector import exchange_frame


def answering(name: str) -> Step:
    return lambda exchange: Reply(200, (), name.encode())


def test_step_names_are_in_the_order_in_which_the_steps_run() -> None:
    steps = PipelineSteps(*map(answering, STEP_NAMES))
    answers = [step(make_exchange()) for step in steps.in_order()]
    assert answers == [Reply(200, (), name.encode()) for name in STEP_NAMES]


def test_each_finished_step_has_its_time() -> None:
    assert stage_times([1.0, 1.25, 1.5], None) == [("limits", 250.0), ("match", 250.0)]


def test_the_step_that_raised_has_the_time_until_the_error() -> None:
    assert stage_times([1.0, 1.25], 2.25) == [("limits", 250.0), ("match", 1000.0)]


def test_a_malformed_request_has_no_step_times() -> None:
    assert stage_times([], 1.0) == []


def test_the_pipeline_keeps_the_time_of_each_step() -> None:
    ticks = iter([1.0, 1.5, 3.0])

    def refuse(exchange: Exchange) -> Exchange:
        raise GatewayError(GatewayResponseType.NO_ROUTE)

    pipeline = Pipeline(
        steps=(lambda exchange: exchange, refuse),
        open_call=lambda request: make_context(),
        error_reply=lambda error, exchange: Reply(404, ()),
        finish=lambda exchange, reply: reply,
        ticks=lambda: next(ticks),
    )
    exchange, reply = pipeline.handle(make_request())
    assert reply.status == 404
    assert exchange.trace.step_times == [1.0, 1.5]


def test_bodies_travel_as_they_are() -> None:
    exchange = make_exchange(request=make_request(method="POST", body=b"\x00\xff", headers=[("X-CASE", "1")]))
    seen = exchange_frame(exchange, Reply(200, (("A", "b"),), b"\xfe"))
    assert (seen.parts["request_body"], seen.parts["reply_body"]) == (b"\x00\xff", b"\xfe")
    assert seen.facts["requestHeaders"] == (("X-CASE", "1"),)
    assert (seen.facts["function"], seen.facts["operation"]) == (None, None)


def test_exchanges_wait_until_the_recorder_listens(tmp_path: Path) -> None:
    place = tmp_path / "recorder"
    client = RecorderClient(place)
    for number in range(3):
        client.on_reply(make_answered(make_exchange(request=make_request(target=f"/{number}")), Reply(200, ())))
    client.flush()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(place))
        listener.listen()
        threading.Thread(target=client.flush).start()
        connection, _ = listener.accept()
        with connection:
            reader = facts_reader()
            frames = [receive(connection, reader) for _ in range(3)]
    assert [frame[0]["target"] for frame in frames if frame] == ["/0", "/1", "/2"]


def test_exchanges_over_the_capacity_are_dropped_and_counted(tmp_path: Path) -> None:
    place = tmp_path / "recorder"
    client = RecorderClient(place, capacity=2)
    for number in range(5):
        client.on_reply(make_answered(make_exchange(request=make_request(target=f"/{number}")), Reply(200, ())))
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(place))
        listener.listen()
        threading.Thread(target=client.flush).start()
        connection, _ = listener.accept()
        with connection:
            reader = facts_reader()
            frames = [receive(connection, reader) for _ in range(3)]
    assert frames[0] == ({"lost": 3}, b"")
    assert [frame[0]["target"] for frame in frames[1:] if frame] == ["/0", "/1"]


def test_an_exchange_that_was_sent_whole_is_not_sent_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client = RecorderClient(tmp_path / "recorder")
    entries = [
        make_answered(make_exchange(request=make_request(target=f"/{number}")), Reply(200, ()), at=1.0)
        for number in range(3)
    ]
    monkeypatch.setattr(client, "_socket", Breaking(len(frame_of(*entries[0])) + 5))
    assert client._send_frames([*entries]) == 1


class Breaking:
    """A socket that takes so many bytes, then breaks."""

    def __init__(self, takes: int) -> None:
        self._takes = takes

    def send(self, data: memoryview) -> int:
        if not self._takes:
            raise BrokenPipeError
        taken, self._takes = min(self._takes, len(data)), max(0, self._takes - len(data))
        return taken

    def close(self) -> None:
        self._takes = 0


def test_a_recorder_that_is_still_starting_gets_what_waits_at_the_end(tmp_path: Path) -> None:
    place = tmp_path / "recorder"
    client = RecorderClient(place)
    client.on_reply(make_answered(make_exchange(request=make_request(target="/0")), Reply(200, ())))
    closing = threading.Thread(target=client.close)
    closing.start()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(place))
        listener.listen()
        listener.settimeout(10)
        connection, _ = listener.accept()
        with connection:
            frame = receive(connection, facts_reader())
    closing.join()
    assert frame is not None and frame[0]["target"] == "/0"
