"""The page, and the ways to run what is typed into it: as a stream, as cells of a session that keeps its variables, and
whole where a browser has no script."""

import contextlib

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST

from sallyport import CodeExecutionError
from sallyport.django import get_executor, stream_execution


@require_POST
def run(request):
    """Events, a JSON object a line, while the program runs. A browser that leaves, or stops, ends the program."""
    return stream_execution(request, _code(request), image=_image(request))


@require_POST
def begin(request):
    """A session; the browser keeps its id. Its idle time at the broker ends one that is forgotten."""
    try:
        return JsonResponse({"session": get_executor(request, image=_image(request)).session().begin().id})
    except CodeExecutionError as error:
        return JsonResponse({"error": error.to_dict()})


@require_POST
def cell(request):
    return JsonResponse({"result": _session(request).execute(_code(request)).to_dict()})


@require_POST
def end(request):
    """Ends a cell that runs, too."""
    with contextlib.suppress(CodeExecutionError):  # Its idle time ends it then.
        _session(request).close()
    return HttpResponse(status=204)


@require_http_methods(["GET", "HEAD", "POST"])
def page(request):
    examples = _examples()
    values = {
        "code": examples[0]["code"] if examples else "",
        "examples": examples,
        "image": _image(request),
        "images": settings.WORKBENCH_IMAGES,
        "seconds": settings.SALLYPORT["SANDBOX_CONFIG"]["timeout_seconds"],
    }
    if request.method == "POST":
        values["code"] = _code(request)
        values["result"] = get_executor(request, image=values["image"]).execute(values["code"])
    response: HttpResponse = render(request, "workbench/page.html", values)
    response["Cache-Control"] = "no-store"
    return response


def _session(request):
    return get_executor(request).session(session_id=request.POST.get("session", ""))


def _code(request):
    """Forms end their lines with CR LF; the columns of what is found in a program are those of its own lines."""
    return request.POST.get("code", "").replace("\r\n", "\n")


def _image(request):
    image = request.POST.get("image")
    return image if image in settings.WORKBENCH_IMAGES else settings.WORKBENCH_IMAGES[0]


def _examples():
    """Each file's first line is its title, and what it shows: "# Title: what it shows"."""
    found = []
    for file in sorted(settings.WORKBENCH_EXAMPLES.glob("*.py")):
        code = file.read_text(encoding="utf-8")
        title, _, about = code.split("\n", 1)[0].lstrip("# ").partition(":")
        needs = "python-data" if "matplotlib" in code or "numpy" in code else settings.WORKBENCH_IMAGES[0]
        found.append({"title": title, "about": about.strip(), "code": code, "image": needs})
    return found
