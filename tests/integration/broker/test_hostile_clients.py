"""Clients that say nothing, leave, or come in hordes."""

import concurrent.futures
import contextlib
import http.client
import json
import random
import socket
import threading
import time
import unittest

from harness import NO_DOORS, Broker, wait_until

SILENT_CLIENTS = 1000
LEAVING_CLIENTS = 16
REQUESTS_A_MINUTE = 10_000
HORDE_SECONDS = 20
# More of them than can run and wait: their refusals are what keeps the rate up.
HORDE_CLIENTS = 120
MAX_RESIDENT_MB = 100


def encoded(code, **fields):
    return json.dumps({"code": code, **NO_DOORS, **fields}).encode()


def request(body):
    return (b"POST /v1/executions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            % len(body)) + body


class HostileClients(unittest.TestCase):
    def test_a_thousand_that_say_nothing(self):
        with Broker(server={"port": 0, "header_timeout_seconds": 8, "body_timeout_seconds": 8, "idle_timeout_seconds": 8},
                    admission={"max_concurrent": 2}) as broker:
            self.assertEqual(broker.run("print(1)")["stdout"], "1\n")
            before, resident = broker.descriptors(), broker.resident_mb()
            # Nothing at all, half a header, half a body.
            beginnings = [b"", b"POST /v1/executions HTTP/1.1\r\nHost: ", request(encoded("print(1)" + " " * 5000))[:3000]]
            with contextlib.ExitStack() as connections:
                for number in range(SILENT_CLIENTS):
                    client = connections.enter_context(socket.create_connection(("127.0.0.1", broker.port), timeout=30))
                    client.sendall(beginnings[number % len(beginnings)])
                self.assertTrue(wait_until(lambda: broker.descriptors() >= before + SILENT_CLIENTS - 50, 10))
                # Meanwhile it answers others, and runs what they send.
                self.assertEqual(broker.get("/healthz")[0], 200)
                self.assertEqual(broker.get("/readyz")[0], 200)
                self.assertEqual(broker.run("print('served')")["stdout"], "served\n")
                self.assertLess(broker.resident_mb(), resident + 60)
                # And it rids itself of them.
                self.assertTrue(wait_until(lambda: broker.descriptors() <= before + 20, 40, 0.5), broker.descriptors())
            self.assertEqual(broker.run("print('after')")["stdout"], "after\n")

    def test_those_that_leave(self):
        # At all times of a run: before the body's end, queued, while it starts, while it runs, half-closed.
        choice = random.Random(4711)
        body = encoded("import time\nprint('begun', flush=True)\ntime.sleep(20)\n")
        with Broker(admission={"max_concurrent": 3, "max_queued": 32}) as broker:
            self.assertEqual(broker.run("print(1)")["stdout"], "1\n")
            before = broker.descriptors()

            def come_and_leave(number):
                with socket.create_connection(("127.0.0.1", broker.port), timeout=30) as client:
                    whole = request(body)
                    client.sendall(whole if number % 4 else whole[:-10])
                    time.sleep(choice.uniform(0, 1.5))
                    if number % 3 == 0:
                        client.shutdown(socket.SHUT_WR)
                    if number % 5 == 0:
                        # An RST in place of a FIN.
                        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

            with concurrent.futures.ThreadPoolExecutor(LEAVING_CLIENTS) as clients:
                list(clients.map(come_and_leave, range(LEAVING_CLIENTS)))
                honest = broker.run("print('honest')")
            self.assertEqual(honest["stdout"], "honest\n")
            self.assertTrue(broker.containers_gone(30), broker.containers())
            ready = broker.get("/readyz")[1]
            self.assertEqual((ready["running"], ready["queued"]), (0, 0))
            self.assertTrue(wait_until(lambda: broker.descriptors() <= before + 8, 20, 0.5), broker.descriptors())

    def test_one_that_leaves_in_the_middle_of_a_flood(self):
        body = encoded("import os\nwhile True:\n    os.write(1, b'x' * 65536)\n    os.write(2, b'y' * 65536)\n",
                       sandbox_config={"max_output_bytes": 10_000_000, "timeout_seconds": 60})
        with Broker() as broker:
            for wait in (0.3, 0.5, 0.7, 1.0):
                with socket.create_connection(("127.0.0.1", broker.port), timeout=30) as client:
                    client.sendall(request(body))
                    time.sleep(wait)
                self.assertTrue(broker.containers_gone(15), broker.containers())
            self.assertEqual(broker.run("print('after')")["stdout"], "after\n")

    def test_ten_thousand_a_minute(self):
        answers, failures, lock = [], [], threading.Lock()
        count = REQUESTS_A_MINUTE * HORDE_SECONDS // 60
        numbers = iter(range(count))
        with Broker(admission={"max_concurrent": 4, "max_queued": 64, "queue_timeout_seconds": 5}) as broker:
            self.assertEqual(broker.run("print(1)")["stdout"], "1\n")
            peak = [broker.resident_mb()]
            begun = time.monotonic()

            def client():
                connection = http.client.HTTPConnection("127.0.0.1", broker.port, timeout=120)
                while True:
                    with lock:
                        number = next(numbers, None)
                    if number is None:
                        return connection.close()
                    time.sleep(max(0, begun + number * 60 / REQUESTS_A_MINUTE - time.monotonic()))
                    try:
                        connection.request("POST", "/v1/executions", encoded(f"print({number} * 3)"),
                                           {"Content-Type": "application/json"})
                        response = connection.getresponse()
                        answers.append((number, response.status, response.getheader("Retry-After"), json.loads(response.read())))
                    except Exception as error:  # Whatever it is, it is no answer.
                        failures.append((number, repr(error)))
                        connection.close()

            clients = [threading.Thread(target=client, daemon=True) for _ in range(HORDE_CLIENTS)]
            for each in clients:
                each.start()
            while any(each.is_alive() for each in clients):
                self.assertLess(time.monotonic() - begun, 120)
                peak.append(broker.resident_mb())
                self.assertEqual(broker.get("/healthz")[0], 200)
                time.sleep(0.5)
            seconds = time.monotonic() - begun

            self.assertEqual(failures, [])
            self.assertEqual(sorted(answer[0] for answer in answers), list(range(count)))
            kinds = {}
            for number, status, retry_after, body in answers:
                kinds[status] = kinds.get(status, 0) + 1
                if status == 200:
                    self.assertEqual((body["success"], body["stdout"]), (True, f"{number * 3}\n"), body)
                else:
                    self.assertIn(status, (429, 503), body)
                    self.assertGreaterEqual(int(retry_after), 1)
            print(f"\n{count} requests in {seconds:.1f} s: {kinds}; at most {max(peak):.0f} MB")
            self.assertGreater(kinds.get(200, 0), 10)
            self.assertLess(max(peak), MAX_RESIDENT_MB)

            self.assertTrue(broker.containers_gone(30), broker.containers())
            self.assertEqual(broker.run("print('after')")["stdout"], "after\n")
            # Each that was accepted has both its records.
            records = {}
            for line in broker.log_lines("audit.log"):
                if "execution_id" in line:
                    records.setdefault(line["execution_id"], []).append(line["event"])
            self.assertEqual([events for events in records.values() if len(events) != 2], [])
            served = {body["id"] for _, status, _, body in answers if status == 200}
            self.assertLessEqual(served, set(records))


if __name__ == "__main__":
    unittest.main()
