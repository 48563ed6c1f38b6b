from __future__ import annotations

import io
from typing import Any, Dict, Iterator, List

import django
import pytest

from fake_broker import FAILED, REPLY, FakeBroker, answer, hang_up

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.contrib.auth.models import AnonymousUser  # noqa: E402
from django.core.checks import run_checks  # noqa: E402
from django.core.management import CommandError, call_command  # noqa: E402
from django.http import HttpRequest  # noqa: E402
from django.template import Context, Template  # noqa: E402
from django.test import Client, override_settings  # noqa: E402

from sallyport import CellResult, CodeExecutor, ExecutionResult  # noqa: E402
from sallyport.django import DjangoCodeExecutor, execution_finished, get_executor  # noqa: E402
from sallyport.django.history.models import Execution  # noqa: E402


@pytest.fixture(scope="module", autouse=True)
def database() -> None:
    call_command("migrate", verbosity=0)


@pytest.fixture(autouse=True)
def empty_history() -> None:
    Execution.objects.all().delete()


@pytest.fixture
def site(broker: FakeBroker) -> Iterator[FakeBroker]:
    with override_settings(SALLYPORT={"BASE_URL": broker.url, "MAX_RETRIES": 0}):
        yield broker


def problems(value: Any) -> List[str]:
    with override_settings(SALLYPORT=value):
        return [f"{m.id} {m.msg}" for m in run_checks() if str(m.id).startswith("sallyport")]


def test_good_settings_pass_the_checks() -> None:
    assert problems({}) == []
    every: Dict[str, Any] = {
        "BASE_URL": "https://broker.example", "API_KEY": "key", "IMAGE": "python", "POLICY": "strict",
        "CONNECT_TIMEOUT_SECONDS": 1, "OVERHEAD_SECONDS": 5, "MAX_RETRIES": 1, "MAX_RETRY_WAIT_SECONDS": 1,
        "MAX_IDLE_CONNECTIONS": 2, "ENABLE_AST_VALIDATION": True, "RAISE_ON_FAILURE": False, "IDEMPOTENT": True,
        "SANDBOX_CONFIG": {"timeout_seconds": 5}, "HISTORY_KEEP_CODE": False, "HISTORY_MAX_CHARACTERS": 10,
    }
    assert problems(every) == []


@pytest.mark.parametrize(
    "value, message",
    [
        ([], "not a dictionary"),
        ({"BASE_ULR": "http://a.example"}, "no key 'BASE_ULR'"),
        ({"BASE_URL": "a.example"}, "base_url has to be"),
        ({"BASE_URL": 1}, "SALLYPORT is wrong"),
        ({"MAX_RETRIES": -1}, "max_retries"),
        ({"MAX_RETRIES": "2"}, "SALLYPORT is wrong"),
        ({"RAISE_ON_FAILURE": "yes"}, "not a bool"),
        ({"IDEMPOTENT": 1}, "SALLYPORT['IDEMPOTENT'] is not a bool"),
        ({"SANDBOX_CONFIG": {"timeout": 5}}, "SALLYPORT['SANDBOX_CONFIG'] is wrong"),
        ({"HISTORY_MAX_CHARACTERS": "all"}, "not a number"),
        ({"BASE_URL": "http://broker.example", "API_KEY": "k"}, "W001"),
        ({"ENABLE_OUTPUT_VALIDATION": False}, "W002"),
    ],
)
def test_mistakes_in_settings_are_told(value: Any, message: str) -> None:
    found = problems(value)
    assert len(found) == 1 and message in found[0]


def test_a_near_key_is_proposed() -> None:
    with override_settings(SALLYPORT={"base_url": "http://a.example"}):
        (found,) = [m for m in run_checks() if m.id == "sallyport.E001"]
    assert found.hint == "Did you mean 'BASE_URL'?"


def test_an_executor_is_the_users_and_the_settings(site: FakeBroker) -> None:
    user = get_user_model()(pk=17)
    request = HttpRequest()
    request.user = user
    settings = {"BASE_URL": site.url, "SANDBOX_CONFIG": {"timeout_seconds": 5}, "ENABLE_AST_VALIDATION": False}
    with override_settings(SALLYPORT=settings):
        assert get_executor(request).execute("1").success
    assert site.last.body["user_id"] == 17
    assert site.last.body["sandbox_config"]["timeout_seconds"] == 5
    assert site.last.body["enable_ast_validation"] is False
    request.user = AnonymousUser()
    get_executor(request, user_id=3).execute("1")
    assert site.last.body["user_id"] == 3
    get_executor(request).execute("1")
    assert "user_id" not in site.last.body
    assert get_executor().user_id is None


def test_executions_carry_a_key_where_the_settings_say_so(site: FakeBroker) -> None:
    get_executor().execute("1")
    assert "Idempotency-Key" not in site.last.headers
    get_executor(idempotent=True).execute("1")
    assert "Idempotency-Key" in site.last.headers
    with override_settings(SALLYPORT={"BASE_URL": site.url, "IDEMPOTENT": True}):
        executor = get_executor()
        keys = set()
        for _ in range(2):
            assert executor.execute("1").success
            keys.add(site.last.headers["Idempotency-Key"])
        assert len(keys) == 2  # One of each execution's own.
        site.says(answer({"executions": [{"id": "b", "state": "succeeded", "result": REPLY}]}))
        assert executor.execute_batch(["1"])[0].success
        assert "Idempotency-Key" in site.last.headers
        get_executor(idempotent=False).execute("1")
        assert "Idempotency-Key" not in site.last.headers
        executor.execute("1", idempotency_key="mine")
        assert site.last.headers["Idempotency-Key"] == "mine"


def test_a_lost_reply_is_asked_for_again_where_the_settings_give_keys(site: FakeBroker) -> None:
    for settings, served, asked in (({}, False, 1), ({"IDEMPOTENT": True}, True, 2)):
        del site.requests[:]
        site.says(hang_up, answer())
        with override_settings(SALLYPORT={"BASE_URL": site.url, "MAX_RETRIES": 1, **settings}):
            assert get_executor().execute("1").was_served is served
        assert len(site.requests) == asked
        site.script.clear()


def test_what_is_made_without_the_app_finds_the_broker_too(site: FakeBroker) -> None:
    assert CodeExecutor(user_id=4).execute("1").success
    assert site.last.body["user_id"] == 4


def test_executions_are_kept(site: FakeBroker) -> None:
    found = {"type": "syntax", "rule": "SyntaxError", "severity": "high", "message": "m", "line": 1}
    site.says(
        answer(),
        answer({**FAILED, "error_type": "ValidationError", "error_message": "bad", "validation_violations": [found]}),
    )
    get_executor(user_id="u").execute("print(42)")
    get_executor().execute("\0\ud800" + "x" * 20_000)
    failed, succeeded = Execution.objects.all()
    assert (succeeded.code, succeeded.stdout, succeeded.user_id) == ("print(42)", "42\n", "u")
    assert (failed.error_type, failed.error_message, failed.validation_violations) == ("ValidationError", "bad", [found])
    assert len(failed.code) == 10_000 and failed.code.startswith("\ufffd?x")
    assert "ValidationError" in str(failed)


def test_what_is_not_logged_is_not_kept_and_code_need_not_be(site: FakeBroker) -> None:
    get_executor(log_executions=False).execute("1")
    assert Execution.objects.count() == 0
    with override_settings(SALLYPORT={"BASE_URL": site.url, "HISTORY_KEEP_CODE": False}):
        get_executor().execute("secret")
    assert Execution.objects.get().code == ""


def test_a_broken_receiver_does_not_break_an_execution(site: FakeBroker) -> None:
    def broken(**_: Any) -> None:
        raise RuntimeError("of the receiver")

    execution_finished.connect(broken)
    try:
        assert get_executor().execute("1").success
    finally:
        execution_finished.disconnect(broken)


def test_there_is_no_migration_missing() -> None:
    call_command("makemigrations", "sallyport_history", check=True, dry_run=True, verbosity=0)


def test_admin_pages(site: FakeBroker) -> None:
    get_executor(user_id=5).execute("print('<b>')")
    get_user_model().objects.filter(username="admin").delete()
    admin = get_user_model().objects.create_superuser("admin", password="x")
    client = Client()
    client.force_login(admin)
    assert client.get("/admin/sallyport_history/execution/").status_code == 200
    page = client.get(f"/admin/sallyport_history/execution/{Execution.objects.get().pk}/change/")
    assert page.status_code == 200 and b"print(&#x27;&lt;b&gt;&#x27;)" in page.content
    assert client.get("/admin/sallyport_history/execution/add/").status_code == 403


def doctor() -> str:
    out = io.StringIO()
    call_command("sallyport_doctor", stdout=out)
    return out.getvalue()


def test_the_doctor_finds_nothing(site: FakeBroker) -> None:
    site.says(answer({"status": "ok"}), answer({"status": "ready"}))
    assert "Everything works." in doctor()
    assert [request.path for request in site.requests] == ["/healthz", "/readyz", "/v1/executions"]


def test_the_doctor_finds_what_is_wrong(site: FakeBroker) -> None:
    not_ready = {"error_type": "SandboxError", "message": "no engine at /run/docker.sock", "details": {}}
    site.says(answer({"status": "ok"}), answer(not_ready, 503))
    with pytest.raises(CommandError, match="no engine"):
        doctor()
    site.says(answer({"status": "ok"}), answer({"status": "ready"}), answer({**REPLY, "stdout": "41\n"}))
    with pytest.raises(CommandError, match="41"):
        doctor()
    with override_settings(SALLYPORT={"BASE_URL": "http://127.0.0.1:9", "MAX_RETRIES": 0}):
        with pytest.raises(CommandError, match="Is the broker running"):
            doctor()
    with override_settings(SALLYPORT={"URL": 1}):
        with pytest.raises(CommandError, match="Correct the settings"):
            doctor()


def shown(result: Any) -> str:
    return Template("{% load sallyport %}{% sallyport_result result %}").render(Context({"result": result}))


def test_a_result_is_shown_with_its_pictures() -> None:
    artifacts = [
        {"path": "plot.png", "size": 2, "media_type": "image/png", "content_base64": "MTI="},
        {"path": "a<b>.csv", "size": 2, "media_type": "text/csv", "content_base64": "MTI="},
        {"path": "x.html", "size": 2, "media_type": "text/html", "content_base64": "MTI="},
    ]
    result = ExecutionResult.from_reply({**REPLY, "stdout": "<script>", "artifacts": artifacts}, 30)
    for value in (result, result.to_dict()):
        page = shown(value)
        assert '<img src="data:image/png;base64,MTI=" alt="plot.png">' in page
        assert "&lt;script&gt;" in page and "a&lt;b&gt;.csv" in page and "text/html" not in page


def test_a_cell_is_shown_with_its_value_and_figures() -> None:
    reply = {
        **REPLY, "session": {"id": "s", "cell": 1, "state": "idle", "why_ended": None},
        "displays": [{"image/png": "MTI="}, {"text/plain": "<i>", "image/png": "MTM="}, {"text/plain": "<b>two"}],
        "result": {"text/plain": "   a\n0  1", "text/html": "<table onclick='x'>"},
    }
    cell = CellResult.from_reply(reply)
    for value in (cell, cell.to_dict()):
        page = shown(value)
        assert '<img src="data:image/png;base64,MTI=" alt="Figure">' in page
        assert '<img src="data:image/png;base64,MTM=" alt="&lt;i&gt;">' in page
        assert '<pre class="sallyport-value">&lt;b&gt;two</pre>' in page
        assert '<pre class="sallyport-value">   a\n0  1</pre>' in page and "table" not in page
    assert "sallyport-value" not in shown(ExecutionResult.from_reply(REPLY, 30))


def test_a_failure_is_shown_with_its_violations() -> None:
    found = {"severity": "critical", "message": "import of 'os' <no>", "line": 3, "hint": "do not"}
    reply = {**FAILED, "error_type": "ValidationError", "error_message": "m", "validation_violations": [found]}
    page = shown(ExecutionResult.from_reply({**reply, "was_output_redacted": True, "was_output_truncated": True}, 30))
    assert "Line 3: import of &#x27;os&#x27; &lt;no&gt; <em>do not</em>" in page and "sallyport-failure" in page
    assert "secrets were replaced" in page and "was cut" in page


def test_the_celery_task(site: FakeBroker) -> None:
    from celery import Celery

    from sallyport.django.tasks import execute_code

    app = Celery("tests", set_as_current=True)
    app.conf.task_always_eager = True
    found = execute_code.delay("1", {"n": 1}, user_id=4, sandbox_config={"timeout_seconds": 3}, policy="strict")
    assert found.get(timeout=10)["stdout"] == "42\n"
    body = site.last.body
    assert (body["user_id"], body["context"], body["policy"]) == (4, {"n": 1}, "strict")
    assert body["sandbox_config"]["timeout_seconds"] == 3
    assert isinstance(get_executor(), DjangoCodeExecutor)
