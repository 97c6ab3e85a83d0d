"""Metrics as text, by prometheus-client: Prometheus' own form or OpenMetrics, as is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate
from typing import cast

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector, CollectorRegistry

from gomicro.metrics.families import COUNTED, RESTARTS, Family
from gomicro.metrics.store import Series

__all__ = ["Gauges", "Renderer"]

Gauges = Mapping[Family, Mapping[tuple[str, ...], float]]
"""For each family of gauges its values, by the values of its labels."""


class Renderer:
    """Renders what it is told at each scrape."""

    def __init__(self) -> None:
        self._counted: Iterable[Series] = ()
        self._gauges: Gauges = {}
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(cast("Collector", self))

    def text(self, accept: str, counted: Iterable[Series], gauges: Gauges) -> tuple[bytes, str]:
        """The metrics in the form that an Accept field asks for, and its content type.

        Series of the same labels, of several processes, are added up.
        """
        self._counted, self._gauges = counted, gauges
        try:
            encode, content_type = choose_encoder(accept)
        except (ValueError, TypeError):  # a version that is none
            encode, content_type = choose_encoder("")
        return encode(self._registry), content_type

    def collect(self) -> Iterator[Metric]:
        """prometheus-client's: see `Collector`."""
        sums = _sums(self._counted)
        for family in (*COUNTED, RESTARTS):
            if family is not RESTARTS or (RESTARTS, ()) in sums:  # else nobody is restarted
                yield _histogram(family, sums) if family.bounds else _counter(family, sums)
        for family, values in self._gauges.items():
            gauge = GaugeMetricFamily(family.name, family.help, labels=family.labels)
            for labels, value in sorted(values.items()):
                gauge.add_metric(labels, value)
            yield gauge


_Sums = Mapping[tuple[Family, tuple[str, ...]], list[float]]


def _sums(counted: Iterable[Series]) -> _Sums:
    sums: dict[tuple[Family, tuple[str, ...]], list[float]] = {}
    for series in counted:
        so_far = sums.setdefault((series.family, series.labels), [0.0] * series.family.cells)
        for number, value in enumerate(series.values):
            so_far[number] += value
    return sums


def _of(family: Family, sums: _Sums) -> list[tuple[tuple[str, ...], list[float]]]:
    """The series of a family that have counted anything, and one without labels in any case."""
    found = [(labels, values) for (of, labels), values in sums.items() if of is family]
    return sorted((labels, values) for labels, values in found if any(values) or not labels)


def _histogram(family: Family, sums: _Sums) -> Metric:
    metric = HistogramMetricFamily(family.name, family.help, labels=family.labels)
    for labels, values in _of(family, sums):
        ends = [str(bound) for bound in family.bounds] + ["+Inf"]
        buckets = list(zip(ends, accumulate(values[:-1]), strict=True))
        metric.add_metric(labels, buckets, values[-1])
    return metric


def _counter(family: Family, sums: _Sums) -> Metric:
    metric = CounterMetricFamily(family.name, family.help, labels=family.labels)
    for labels, values in _of(family, sums):
        metric.add_metric(labels, values[0])
    return metric
