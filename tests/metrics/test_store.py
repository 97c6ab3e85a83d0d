"""Counters in memory that others may read, and that outlives whoever counts."""

from __future__ import annotations

import pytest

from gomicro.metrics.families import COUNTED, LOOP_LAG, OTHER, REQUESTS, SHED
from gomicro.metrics.store import SIZE, Series, Store, read


def memory(size: int = SIZE) -> memoryview:
    return memoryview(bytearray(size))


def counted(block: memoryview) -> dict[tuple[str, tuple[str, ...]], tuple[float, ...]]:
    return {(s.family.name, s.labels): s.values for s in read(block) if any(s.values)}


def test_what_is_counted_is_read() -> None:
    block = memory()
    store = Store(block)
    labels = ("GET", "/users/{id}", "200")
    at = store.place(REQUESTS, labels)
    assert store.place(REQUESTS, labels) == at
    store.cells[at + 2] += 1
    store.cells[at + len(REQUESTS.bounds) + 1] += 0.03
    store.cells[store.place(SHED, ("lag",))] += 5
    values = [0.0] * 16
    values[2], values[15] = 1.0, 0.03
    assert counted(block) == {
        (REQUESTS.name, labels): tuple(values), (SHED.name, ("lag",)): (5.0,)
    }  # fmt: skip


def test_who_takes_the_memory_over_goes_on_from_there() -> None:
    block = memory()
    first = Store(block)
    first.cells[first.place(SHED, ("lag",))] += 5
    second = Store(block)
    second.cells[second.place(SHED, ("lag",))] += 2
    second.cells[second.place(SHED, ("in_flight",))] += 1
    assert counted(block) == {
        (SHED.name, ("lag",)): (7.0,), (SHED.name, ("in_flight",)): (1.0,)
    }  # fmt: skip


def test_memory_of_other_code_is_begun_anew() -> None:
    block = memory()
    first = Store(block)
    first.cells[first.place(SHED, ("lag",))] += 5
    first.cells[0] += 1
    assert list(read(block)) == []
    Store(block)
    assert counted(block) == {}


@pytest.mark.parametrize("labels", [("GET", "/ä/{\ud800}", "200"), ("GET", '/"\\', "404")])
def test_labels_may_hold_anything(labels: tuple[str, ...]) -> None:
    block = memory()
    store = Store(block)
    store.cells[store.place(REQUESTS, labels)] += 1
    [(_, found)] = counted(block)
    assert found == tuple(label.encode(errors="replace").decode() for label in labels)


def test_where_there_is_no_room_all_others_are_counted_as_one() -> None:
    block = memory(4096)
    store = Store(block)
    for number in range(100):
        store.cells[store.place(REQUESTS, ("GET", f"/{number}", "200"))] += 1
    found = counted(block)
    others = found.pop((REQUESTS.name, (OTHER, OTHER, OTHER)))
    assert 10 < len(found) < 100
    assert others[0] == 100 - len(found)


def test_a_label_that_is_too_long_is_among_the_others() -> None:
    block = memory()
    store = Store(block)
    at = store.place(REQUESTS, ("GET", "/" + "x" * 600, "200"))
    assert at == store.place(REQUESTS, (OTHER, OTHER, OTHER))


def test_a_family_without_labels_has_one_series() -> None:
    block = memory()
    store = Store(block)
    store.cells[store.place(LOOP_LAG, ())] += 1
    assert [s.labels for s in read(block) if s.family is LOOP_LAG] == [()]


def test_every_family_has_its_others_from_the_start() -> None:
    block = memory()
    Store(block)
    assert [s.family for s in read(block)] == list(COUNTED)
    assert isinstance(next(read(block)), Series)


def test_there_is_room_for_about_a_thousand_routes() -> None:
    store = Store(memory())
    places = {store.place(REQUESTS, ("GET", f"/api/v1/things/{{{n}}}", "200")) for n in range(5000)}
    assert len(places) > 900
