"""Where the broker tells of the ends of jobs (docs/api/webhooks.md):

    urlpatterns = [path("hooks/sallyport/", webhook)]

and SALLYPORT["WEBHOOK_SECRET"], the first line of the broker's `webhooks.secret_file`.
"""

from __future__ import annotations

import dataclasses

from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from .._execution import logger
from ..jobs import JobStatus
from ..webhooks import WebhookError, verify
from . import conf
from .executor import send_finished

__all__ = ["webhook"]


@csrf_exempt
@require_POST
def webhook(request: HttpRequest) -> HttpResponse:
    """Sends `execution_finished` for a job that has ended, and answers 204.

    400 if the request is not the broker's, 413 beyond WEBHOOK_MAX_BYTES. Where a receiver fails the answer is 500, so that
    the broker tries again: receivers may be told of the same job more than once.
    """
    secret = conf.other("WEBHOOK_SECRET")
    if not secret:
        logger.error("A webhook came, and SALLYPORT has no WEBHOOK_SECRET")
        return _answer(503, "SALLYPORT has no WEBHOOK_SECRET")
    length = request.META.get("CONTENT_LENGTH") or ""
    if not (length.isascii() and length.isdigit()):
        return _answer(411, "Content-Length is missing")
    most = conf.other("WEBHOOK_MAX_BYTES")
    if int(length[:12]) > most:
        return _answer(413, f"more than {most} bytes")
    try:
        # Not request.body: DATA_UPLOAD_MAX_MEMORY_SIZE is for forms, and a result with pictures may be larger.
        body = request.read(most + 1)
        if len(body) > most:
            return _answer(413, f"more than {most} bytes")
        job = verify(body, request.headers, secret, conf.other("WEBHOOK_TOLERANCE_SECONDS")).job
    except UnreadablePostError:
        return _answer(400, "the body broke off")
    except WebhookError as error:
        logger.warning("A webhook was refused: %s", error)
        return _answer(400, str(error))
    if not job.has_ended:
        return _answer(400, f"a job that is {job.state} has not ended")
    result = dataclasses.replace(job.outcome(), id=job.id)
    if not send_finished(JobStatus, "", result, job.user_id, job):
        return _answer(500, "a receiver failed; the log has more")
    return HttpResponse(status=204)


def _answer(status: int, text: str) -> HttpResponse:
    return HttpResponse(text + "\n", status=status, content_type="text/plain; charset=utf-8")
