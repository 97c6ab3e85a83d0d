"""Several requests on one connection."""

from __future__ import annotations

from tests.wire.asking import CHUNKED, ask, chunks, fill, post
from tests.wire.steps import Drip, Pause, Wait, asked

CASES = {
    "pipeline/two-gets": asked(ask("GET /") + ask("GET /goodbye"), finals=2),
    "pipeline/three-mixed": asked(
        post(b"one") + ask("HEAD /") + ask("GET /goodbye"), methods="POST HEAD GET"
    ),
    "pipeline/two-hundred-mixed": asked(
        b"".join(post(b"%d" % i) + ask("GET /goodbye") for i in range(100)), finals=200
    ),
    "pipeline/head-then-get": asked(ask("HEAD /") + ask("GET /goodbye"), methods="HEAD GET"),
    "pipeline/head-large-then-get": asked(
        ask("HEAD /", "Content-Length: 5000") + fill(5000) + ask("GET /goodbye"), methods="HEAD GET"
    ),
    "pipeline/large-then-get": asked(post(fill(100000)) + ask("GET /goodbye"), finals=2),
    "pipeline/get-then-large": asked(ask("GET /goodbye") + post(fill(100000)), finals=2),
    "pipeline/close-in-the-middle": asked(
        ask("GET /") + ask("GET /", "Connection: close") + ask("GET /goodbye"), finals=2
    ),
    "pipeline/bad-after-good": asked(ask("GET /") + b"BAD\r\n\r\n", finals=2),
    "pipeline/bad-header-after-good": asked(
        ask("GET /goodbye") + ask("GET /", "X(A): b"), finals=2
    ),
    "pipeline/options-asterisk-then-get": asked(ask("OPTIONS *") + ask("GET /goodbye"), finals=2),
    "pipeline/unread-chunked-then-get": asked(
        ask("POST /goodbye", CHUNKED) + chunks(b"World") + ask("GET /"), finals=2
    ),
    "pipeline/unread-trailer-then-get": asked(
        ask("POST /goodbye", CHUNKED) + chunks(b"World", end=b"0\r\nX: y\r\n\r\n") + ask("GET /"),
        finals=2,
    ),
    "pipeline/unread-262143-then-get": asked(
        post(fill(262143), "/goodbye") + ask("GET /"), finals=2
    ),
    "pipeline/unread-262145-then-get": asked(post(fill(262145), "/goodbye") + ask("GET /")),
    "pipeline/unread-chunked-200000-then-get": asked(
        ask("POST /goodbye", CHUNKED) + chunks(*[fill(10000)] * 20) + ask("GET /"), finals=2
    ),
    "pipeline/unread-chunked-262144-then-get": asked(
        ask("POST /goodbye", CHUNKED) + chunks(*[fill(16384)] * 16) + ask("GET /"), finals=2
    ),
    "pipeline/unread-chunked-262145-then-get": asked(
        ask("POST /goodbye", CHUNKED) + chunks(*[fill(16384)] * 16, b"x") + ask("GET /")
    ),
    "pipeline/lf-after-post": asked(post(b"World") + b"\n" + ask("GET /goodbye"), finals=2),
    "pipeline/crlf-after-get": asked(ask("GET /") + b"\r\n" + ask("GET /goodbye"), finals=2),
    "pipeline/crlf-after-put": asked(
        ask("PUT /", "Content-Length: 5") + b"World" + b"\r\n" + ask("GET /goodbye"), finals=2
    ),
    "pipeline/crlf-apart-after-post": asked(
        post(b"World"), Wait(1), b"\r\n", Pause(0.05), ask("GET /goodbye"), Wait(2), ask("GET /")
    ),
    "pipeline/two-crlf-apart-after-post": asked(
        post(b"World"), Wait(1), b"\r\n\r\n", Pause(0.05), ask("GET /"), Wait(2), ask("GET /")
    ),
    "pipeline/two-crlf-apart-after-each-post": asked(
        *[
            step
            for i in range(1, 4)
            for step in (post(b"%d" % i), Wait(i), b"\r\n\r\n", Pause(0.05))
        ],
        ask("GET /goodbye"),
    ),
    "pipeline/each-lf-apart-after-post": asked(
        post(b"World"), Wait(1), Drip(b"\n\n\n\n", 0.05), ask("GET /goodbye"), Wait(2), ask("GET /")
    ),
    "pipeline/five-lf-apart-after-post": asked(
        post(b"World"), Wait(1), b"\n\n\n\n\n", Pause(0.05), ask("GET /goodbye"), finals=2
    ),
    "pipeline/crlf-behind-a-post-apart": asked(
        post(b"World") + b"\r\n", Wait(1), ask("GET /goodbye"), Wait(2), post(b"World")
    ),
    "pipeline/crlf-before-a-post-apart": asked(
        post(b"World"), Wait(1), b"\r\n\r\n" + post(b"one"), Wait(2), b"\r\n" + post(b"two")
    ),
    "pipeline/crlf-apart-after-get": asked(
        ask("GET /"), Wait(1), b"\r\n", Pause(0.05), ask("GET /goodbye"), finals=2
    ),
    "pipeline/bad-chunk-then-get": asked(ask("POST /", CHUNKED) + b"zz\r\n" + ask("GET /goodbye")),
    "pipeline/separate-packets": asked(
        ask("GET /"), Pause(0.05), ask("GET /goodbye"), Pause(0.05), post(b"World")
    ),
    "pipeline/sequential": asked(
        ask("GET /"),
        Wait(1),
        post(b"World"),
        Wait(2),
        ask("HEAD /goodbye"),
        Wait(3),
        ask("DELETE /x"),
    ),
    "pipeline/incomplete-second": asked(ask("GET /goodbye") + b"GET / HT", finals=2, probe=False),
    "pipeline/chunked-response-then-head": asked(
        post(fill(3000)) + ask("HEAD /goodbye") + post(fill(3000)), methods="POST HEAD POST"
    ),
}
