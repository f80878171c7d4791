"""``/healthz`` (the process lives), ``/readyz`` (it may serve), ``/metrics`` (Prometheus). None of them tells a secret."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, Response, current_app, jsonify
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from ipr_service.services import readiness
from ipr_service.services.context import Context

blueprint = Blueprint("wire_health", __name__)
REGISTRY = CollectorRegistry()
REQUESTS = Counter("ipr_requests_total", "Requests answered.", ("method", "rule", "status"), registry=REGISTRY)
SECONDS = Histogram("ipr_request_seconds", "Time to answer, in seconds.", ("method", "rule"), registry=REGISTRY)
SIZE = Gauge("ipr_log_size", "Entries in the log.", registry=REGISTRY)
DUE = Gauge("ipr_outbox_due", "Outbox rows that are due and not done.", registry=REGISTRY)
WITNESSED = Gauge("ipr_log_witnessed_size", "Entries under the newest checkpoint that reached the quorum of witnesses.", registry=REGISTRY)
SPLITS = Gauge("ipr_split_views", "Unsettled contradictions: of our own log, and of logs that we witness.", ("log",), registry=REGISTRY)
FAILED = Gauge("ipr_outbox_failed", "Outbox rows that were given up.", registry=REGISTRY)


METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def known(method: str) -> str:
    """A method that HTTP knows, else ``other``: what a caller makes up reaches neither figures nor logs."""
    return method if method in METHODS else "other"


def count(method: str, rule: str, status: int, seconds: float) -> None:
    """Count one answered request."""
    REQUESTS.labels(known(method), rule, status).inc()
    SECONDS.labels(known(method), rule).observe(seconds)


def _ctx() -> Context:
    return cast(Context, current_app.extensions["ipr"])


@blueprint.get("/healthz")
def healthz() -> Response:
    """The process answers; no database is asked."""
    return jsonify(status="alive")


@blueprint.get("/readyz")
def readyz() -> tuple[Response, int]:
    """Whether this process may serve: database, migrations, disk, clock, history. 503 names what is red."""
    checks = readiness.look(_ctx())
    ready = all(check.good or not check.stops for check in checks)
    body = {"status": "ready" if ready else "not ready", "checks": {c.name: {"good": c.good, "detail": c.detail} for c in checks}}
    return jsonify(body), 200 if ready else 503


@blueprint.get("/metrics")
def metrics() -> Response:
    """Prometheus text format."""
    figures = readiness.figures(_ctx())
    SIZE.set(figures.log_size)
    DUE.set(figures.due)
    FAILED.set(figures.failed)
    WITNESSED.set(figures.witnessed_size)
    SPLITS.labels("own").set(figures.own_splits)
    SPLITS.labels("watched").set(figures.watched_splits)
    response: Response = current_app.response_class(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)
    return response
