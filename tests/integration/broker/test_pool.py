"""The warm pool behind HTTP: what a reply says, a new image, a broker that is stopped, killed and started again."""

import contextlib
import json
import os
import signal
import time
import unittest

from harness import IMAGE_RECORD, NO_DOORS, Broker, Engine, in_background, recorded_digest, wait_until

POOL = {"runner": {"pool": {"enabled": True, "floor": 2}}}
# Sandboxes that wait when the broker is killed.
WARM_AT_KILL = int(os.environ.get("SALLYPORT_TEST_WARM_AT_KILL", "12"))


def running(broker):
    return [each for each in broker.containers() if each["State"] == "running"]


def wait_for_pool(test, broker, count=2, seconds=30):
    test.assertTrue(wait_until(lambda: len(running(broker)) == count == len(broker.containers()), seconds))
    time.sleep(2)  # An agent that is just started says that it is ready.


def warm_reply(test, broker, code, **fields):
    """The first warm reply: how soon sandboxes wait again is the machine's affair."""
    replies = []

    def is_warm():
        replies.append(broker.run(code, **fields))
        return replies[-1]["usage"]["start"] == "warm"

    test.assertTrue(wait_until(is_warm, 60, pause=0.5), replies[-1])
    return replies[-1]


@contextlib.contextmanager
def another_image():
    """An image that does the same and has another digest."""
    engine = Engine()
    status, made = engine.call("POST", "/containers/create", {"Image": recorded_digest(), "NetworkDisabled": True})
    assert status == 201, made
    status, image = engine.call("POST", f"/commit?container={made['Id']}&changes=LABEL%20test=renewed", {})
    assert status == 201, image
    engine.call("DELETE", f"/containers/{made['Id']}?force=1")
    try:
        yield image["Id"]
    finally:
        engine.call("DELETE", f"/images/{image['Id']}?force=1")


class Pool(unittest.TestCase):
    def test_replies_say_how_they_were_started(self):
        with Broker(**POOL) as broker:
            wait_for_pool(self, broker)
            reply = warm_reply(self, broker, "import sys\nprint('hello')\nprint('err', file=sys.stderr)\n")
            self.assertEqual((reply["stdout"], reply["stderr"], reply["exit_code"]), ("hello\n", "err\n", 0))
            self.assertEqual(broker.run("1", sandbox_config={"max_memory_mb": 200})["usage"]["start"], "cold")

            reply = warm_reply(self, broker, "raise ValueError('no')")
            self.assertEqual((reply["error_type"], reply["error_line"], reply["exit_code"]), ("ValueError", 1, 1))
            reply = warm_reply(self, broker, "import os\nos._exit(139)\n")
            self.assertEqual((reply["error_type"], reply["exit_code"], reply["signal"]), ("SystemExit", 139, None))
            reply = warm_reply(self, broker, "import os\nos.kill(os.getpid(), 11)\n")
            self.assertEqual((reply["exit_code"], reply["signal"]), (None, "SIGSEGV"))

    def test_files_context_stdin_and_artifacts_in_a_warm_sandbox(self):
        with Broker(**POOL) as broker:
            wait_for_pool(self, broker)
            reply = warm_reply(self, broker,
                               "print(open('in.txt').read(), context['a'], input())\nopen('output/x', 'w').write('y')\n",
                               files=[{"path": "in.txt", "content": "file"}], context={"a": 1}, stdin="typed\n")
            self.assertEqual(reply["stdout"], "file 1 typed\n")
            self.assertEqual([each["path"] for each in reply["artifacts"]], ["x"])

    def test_a_new_image_is_taken_up_and_no_request_is_lost(self):
        with another_image() as renewed, Broker(**POOL) as broker:
            broker.stop()
            record = f"{broker.folder}/images.json"
            with open(IMAGE_RECORD, encoding="utf-8") as file:
                images = json.load(file)
            with open(record, "w", encoding="utf-8") as file:
                json.dump(images, file)
            broker.config["images"]["record"] = record
            with open(broker.config_file, "w", encoding="utf-8") as file:
                json.dump(broker.config, file)
            broker.start()
            wait_for_pool(self, broker)

            ended = []

            def submit():
                while not ended:
                    self.assertEqual(broker.run("print(1)")["stdout"], "1\n")

            clients = [in_background(submit) for _ in range(2)]
            time.sleep(1)
            images["images"]["python"]["digest"] = renewed
            with open(record, "w", encoding="utf-8") as file:
                json.dump(images, file)
            time.sleep(4)
            ended.append(True)
            for client in clients:
                client()

            def all_new():
                return {each["ImageID"] for each in broker.containers()} == {renewed} and len(running(broker)) >= 2

            self.assertTrue(wait_until(all_new, 30), broker.containers())
            warm_reply(self, broker, "print(2)")
            broker.stop()
            self.assertEqual(broker.containers(), [])

    def test_sigkill_with_warm_sandboxes_and_a_new_start(self):
        count = WARM_AT_KILL
        broker = Broker(runner={"pool": {"enabled": True, "floor": count, "ceiling": count, "max_slots": count}})
        try:
            broker.start()
            wait_for_pool(self, broker, count, 60 + 2 * count)
            before = {each["Id"] for each in broker.containers()}
            broker.kill()
            self.assertEqual({each["Id"] for each in broker.containers()}, before)
            broker.start()
            # Those that the start does not wait for are removed while it serves.
            self.assertTrue(wait_until(lambda: not before & {each["Id"] for each in broker.containers()}, 60))
            wait_for_pool(self, broker, count, 60 + 2 * count)
            warm_reply(self, broker, "print('back')")
        finally:
            broker.__exit__()

    def test_sigterm_leaves_no_container(self):
        for pause in (0.0, 0.1, 0.4, 2.0):  # In the midst of the first starts, and with a full pool.
            broker = Broker(**POOL)
            try:
                broker.start()
                time.sleep(pause)
                broker.process.send_signal(signal.SIGTERM)
                self.assertEqual(broker.process.wait(40), 0)
                self.assertEqual(broker.containers(), [], f"after {pause} s")
            finally:
                broker.__exit__()

    def test_a_burst_beyond_the_pool(self):
        with Broker(admission={"max_concurrent": 8}, **POOL) as broker:
            wait_for_pool(self, broker)
            replies = [in_background(broker.run, f"print({number})") for number in range(8)]
            starts = []
            for number, reply in enumerate(replies):
                result = reply()
                self.assertEqual(result["stdout"], f"{number}\n")
                starts.append(result["usage"]["start"])
            self.assertGreaterEqual(starts.count("warm"), 2)
            self.assertGreaterEqual(starts.count("cold"), 1)

    def test_nothing_is_left_of_a_submission_that_goes_on_after_its_reply(self):
        with Broker(**POOL) as broker:
            wait_for_pool(self, broker)
            before = {each["Id"] for each in broker.containers()}
            reply = broker.run("import os, time\nfor _ in range(3):\n    if os.fork() == 0:\n        os.setsid()\n"
                               "        while True: time.sleep(1)\nprint('done')\n")
            self.assertEqual((reply["stdout"], reply["usage"]["start"]), ("done\n", "warm"))
            self.assertTrue(wait_until(lambda: len(before & {each["Id"] for each in broker.containers()}) == 1, 10))

    def test_an_absent_engine_is_not_hammered(self):
        with Broker(engine_socket="/nonexistent/docker.sock", **POOL) as broker:
            time.sleep(3)
            tried = [line for line in broker.log_lines() if "pool could not start" in str(line)]
            self.assertTrue(1 <= len(tried) <= 12, tried)
            status, _, reply = broker.post({"code": "print(1)", **NO_DOORS})
            self.assertIn(status, (200, 503), reply)


if __name__ == "__main__":
    unittest.main()
