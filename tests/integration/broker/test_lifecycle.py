"""A broker that is full, left by its clients, asked to stop, killed, and started again."""

import http.client
import json
import resource
import signal
import socket
import subprocess
import time
import unittest

from harness import NO_DOORS, Broker, in_background, wait_until

# Sandboxes that are alive when the broker is killed.
ALIVE = 12
SLEEPER = json.dumps({"code": "import time\ntime.sleep(30)\n", **NO_DOORS}).encode()


def running(broker):
    return [c for c in broker.containers() if c["State"] == "running"]


def send_and_keep_open(broker, body):
    connection = socket.create_connection(("127.0.0.1", broker.port))
    connection.sendall(b"POST /v1/executions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                       b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    return connection


class Lifecycle(unittest.TestCase):
    def test_a_client_that_leaves_takes_its_sandbox_along(self):
        with Broker() as broker:
            connection = send_and_keep_open(broker, SLEEPER)
            self.assertTrue(wait_until(lambda: running(broker), 10))
            connection.close()
            self.assertTrue(broker.containers_gone(2.0), "the container outlived its client by 2 s")
            self.assertEqual(broker.run("print(1)")["stdout"], "1\n")

    def test_a_full_queue_refuses_at_once_and_says_when_to_come_back(self):
        with Broker(admission={"max_concurrent": 1, "max_queued": 1}) as broker:
            first = send_and_keep_open(broker, SLEEPER)
            self.assertTrue(wait_until(lambda: running(broker), 10))
            second = send_and_keep_open(broker, SLEEPER)
            time.sleep(0.3)
            begun = time.monotonic()
            status, headers, error = broker.post({"code": "1", **NO_DOORS})
            self.assertEqual(status, 503, error)
            self.assertGreaterEqual(int(headers["Retry-After"]), 1)
            self.assertLess(time.monotonic() - begun, 2)
            first.close()
            second.close()
            self.assertTrue(broker.containers_gone(5))

    def test_the_queue_has_a_deadline(self):
        with Broker(admission={"max_concurrent": 1, "max_queued": 4, "queue_timeout_seconds": 1}) as broker:
            first = send_and_keep_open(broker, SLEEPER)
            self.assertTrue(wait_until(lambda: running(broker), 10))
            status, headers, error = broker.post({"code": "1", **NO_DOORS})
            self.assertEqual(status, 503, error)
            self.assertIn("Retry-After", headers)
            first.close()

    def test_sigterm_finishes_what_runs(self):
        with Broker() as broker:
            reply = in_background(broker.run, "import time\ntime.sleep(2)\nprint('finished')\n")
            self.assertTrue(wait_until(lambda: running(broker), 10))
            broker.process.send_signal(signal.SIGTERM)
            time.sleep(0.3)
            with self.assertRaises(OSError):
                broker.get("/healthz")
            self.assertEqual(reply()["stdout"], "finished\n")
            self.assertEqual(broker.process.wait(30), 0)
            self.assertEqual(broker.containers(), [])

    def test_sigterm_does_not_wait_longer_than_configured(self):
        with Broker(server={"port": 0, "shutdown_seconds": 1}) as broker:
            connection = send_and_keep_open(broker, SLEEPER)
            self.assertTrue(wait_until(lambda: running(broker), 10))
            begun = time.monotonic()
            broker.process.send_signal(signal.SIGTERM)
            self.assertEqual(broker.process.wait(20), 0)
            self.assertLess(time.monotonic() - begun, 15)
            self.assertEqual(broker.containers(), [])
            connection.close()

    def test_sigkill_leaves_nothing_once_it_is_started_again(self):
        broker = Broker(admission={"max_concurrent": ALIVE})
        try:
            broker.start()
            connections = [send_and_keep_open(broker, SLEEPER) for _ in range(ALIVE)]
            self.assertTrue(wait_until(lambda: len(running(broker)) == ALIVE, 60))
            identities = [c["Id"] for c in broker.containers()]
            broker.kill()
            for connection in connections:
                connection.close()
            self.assertEqual(len(broker.containers()), ALIVE)  # Nobody is there to remove them yet.

            broker.start()
            self.assertEqual(broker.containers(), [])
            self.assertEqual(broker.run("print('back')")["stdout"], "back\n")
            shims = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
            for identity in identities:
                self.assertNotIn(identity, shims)
            self.assertTrue(any(line["event"] == "orphans_removed" for line in broker.log_lines()))
            self.assertEqual(broker.unexpected_files(), set())
        finally:
            broker.__exit__()

    def test_a_second_broker_of_the_same_name_is_refused(self):
        with Broker() as broker:
            second = subprocess.run([__import__("harness").BINARY, "serve", "--config", broker.config_file],
                                    capture_output=True, text=True, timeout=30, check=False)
            self.assertNotEqual(second.returncode, 0)
            self.assertIn("already running", second.stderr)
            self.assertEqual(broker.get("/healthz")[0], 200)

    def test_running_out_of_descriptors_is_waited_out(self):
        with Broker() as broker:
            self.assertEqual(broker.get("/healthz")[0], 200)
            before = resource.prlimit(broker.process.pid, resource.RLIMIT_NOFILE)
            # Below what is open already: the next accept finds none.
            resource.prlimit(broker.process.pid, resource.RLIMIT_NOFILE, (3, before[1]))
            waiting = http.client.HTTPConnection("127.0.0.1", broker.port, timeout=60)
            waiting.request("GET", "/healthz")
            logged = wait_until(lambda: any(line["event"] == "accept_failed" for line in broker.log_lines()), 30)
            resource.prlimit(broker.process.pid, resource.RLIMIT_NOFILE, before)
            self.assertTrue(logged, broker.log_lines())
            self.assertEqual(waiting.getresponse().status, 200)
            waiting.close()

    def test_slow_and_silent_clients_are_cut(self):
        with Broker(server={"port": 0, "header_timeout_seconds": 1, "body_timeout_seconds": 1,
                            "idle_timeout_seconds": 1}) as broker:
            for beginning in (b"", b"POST /v1/exec", b"POST /v1/executions HTTP/1.1\r\nHost: localhost\r\n"
                              b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"):
                with socket.create_connection(("127.0.0.1", broker.port), timeout=10) as slow:
                    slow.sendall(beginning)
                    while slow.recv(4096):
                        pass  # An answer is fine; the end must come.
            connection = http.client.HTTPConnection("127.0.0.1", broker.port, timeout=10)
            connection.request("GET", "/healthz")
            self.assertEqual(connection.getresponse().status, 200)
            connection.close()


if __name__ == "__main__":
    unittest.main()
