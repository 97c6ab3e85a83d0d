"""A Django application that does what those of the other frameworks do.

Django has neither a lifespan nor WebSockets of its own.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator

import django
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
    StreamingHttpResponse,
)
from django.urls import path
from django.views.decorators.http import require_POST

from tests.apps.common import FILE, PART, counts, opened

log = logging.getLogger("tests.apps.django_app")

settings.configure(
    ALLOWED_HOSTS=["*"],
    DATA_UPLOAD_MAX_MEMORY_SIZE=None,
    LOGGING_CONFIG=None,
    ROOT_URLCONF=__name__,
)


async def item(request: HttpRequest, number: int) -> HttpResponse:
    url = request.build_absolute_uri()
    return JsonResponse({"item": number, "database": "open", "url": url})


@require_POST  # type: ignore[untyped-decorator] # Django has no types
async def echo(request: HttpRequest) -> HttpResponse:
    return JsonResponse(json.loads(request.body))


async def upload(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(len(request.body)))


async def form(request: HttpRequest) -> HttpResponse:
    file = request.FILES["file"]
    return HttpResponse(f"{file.name} {len(file.read())}")


async def stream(request: HttpRequest) -> HttpResponseBase:
    async def send() -> AsyncIterator[bytes]:
        for _ in range(int(request.GET["parts"])):
            yield PART

    return StreamingHttpResponse(send())


def file(request: HttpRequest) -> HttpResponseBase:
    """Runs in a thread, as it is no coroutine."""
    return FileResponse(FILE.open("rb"))


async def ticks(request: HttpRequest) -> HttpResponseBase:
    async def send() -> AsyncIterator[str]:
        try:
            while True:
                yield "data: tick\n\n"
                await asyncio.sleep(0.05)
        finally:
            log.info("client gone")

    return StreamingHttpResponse(send(), content_type="text/event-stream")


async def slow(request: HttpRequest) -> HttpResponse:
    await opened()
    return HttpResponse("slow")


async def fail(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("unhandled")


async def count(request: HttpRequest) -> HttpResponse:
    return JsonResponse(counts())


urlpatterns = [
    path("items/<int:number>", item),
    path("echo", echo),
    path("upload", upload),
    path("form", form),
    path("stream", stream),
    path("file", file),
    path("ticks", ticks),
    path("slow", slow),
    path("fail", fail),
    path("counts", count),
]

django.setup(set_prefix=False)
app = get_asgi_application()
