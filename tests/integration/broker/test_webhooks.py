"""Jobs that call back: a receiver on the loopback interface, which the configuration lists, and one that it does not."""

import base64
import hashlib
import hmac
import http.server
import json
import shutil
import ssl
import subprocess
import tempfile
import threading
import time
import unittest

from harness import NO_DOORS, Broker, wait_until
from prometheus import metrics_of

SECRET = "a secret that nobody guesses, of some length"


class Receiver:
    """Remembers what is posted to it; answers with the next of `statuses`, and the last one from then on."""

    def __init__(self, statuses=(204,), context=None):
        self.statuses = list(statuses)
        self.received = []
        self.methods = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.methods.append(self.command)
                receiver.received.append((time.monotonic(), dict(self.headers), body))
                status = receiver.statuses.pop(0) if len(receiver.statuses) > 1 else receiver.statuses[0]
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_PUT = do_POST

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, *_):  # A client that refuses the certificate.
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        if context is not None:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def url(self, scheme="http", host="127.0.0.1"):
        return f"{scheme}://{host}:{self.port}/hook"

    def ids(self):
        return [headers["webhook-id"] for _, headers, _ in self.received]


def is_ours(headers, body):
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    wanted = "v1," + base64.b64encode(hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()).decode()
    fresh = abs(time.time() - int(headers["webhook-timestamp"])) < 60
    return fresh and hmac.compare_digest(wanted, headers["webhook-signature"])


class Webhooks(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="sallyport-test-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.secret = f"{self.folder}/secret"
        with open(self.secret, "w", encoding="ascii") as file:
            file.write(SECRET + "\n")

    def broker(self, sections=None, **webhooks):
        settings = {"enabled": True, "secret_file": self.secret, "allow_http": True,
                    "allowed_networks": "127.0.0.1/32", "first_retry_seconds": 0.3, "max_attempts": 3, **webhooks}
        return Broker(webhooks=settings, **(sections or {}))

    def job(self, broker, url, code="print('hi')", **fields):
        status, _, body = broker.post({"code": code, "mode": "async", "callback_url": url, **NO_DOORS, **fields})
        self.assertEqual(status, 202, body)
        return body["id"]

    def dead(self, broker):
        return [line["message"] for line in broker.log_lines() if line["event"] == "webhook_dead"]

    def test_the_end_of_a_job_is_told_once_and_signed(self):
        with Receiver() as receiver, self.broker() as broker:
            job = self.job(broker, receiver.url())
            self.assertTrue(wait_until(lambda: receiver.received, 30))
            time.sleep(1.5)
            self.assertEqual(receiver.ids(), [job])
            _, headers, body = receiver.received[0]
            self.assertTrue(is_ours(headers, body))
            self.assertFalse(is_ours(headers, body + b" "))
            told = json.loads(body)
            self.assertEqual(told, broker.get(f"/v1/executions/{job}")[1])
            self.assertEqual((told["id"], told["state"], told["result"]["stdout"]), (job, "succeeded", "hi\n"))

    def test_a_cancelled_job_is_told_of_too(self):
        with Receiver() as receiver, self.broker() as broker:
            job = self.job(broker, receiver.url(), "import time\ntime.sleep(25)\n")
            connection = broker.connect()
            connection.request("DELETE", f"/v1/executions/{job}")
            self.assertEqual(connection.getresponse().status, 200)
            connection.close()
            self.assertTrue(wait_until(lambda: receiver.received, 10))
            self.assertEqual(json.loads(receiver.received[0][2])["state"], "cancelled")

    def test_a_submission_of_judge0_is_told_of_by_put(self):
        with Receiver([500, 204]) as receiver, self.broker({"compat": {"judge0": True}}) as broker:
            body = {"source_code": "print('hi')", "language_id": 71, "expected_output": "hi", "callback_url": receiver.url()}
            status, _, reply = broker.post(body, path="/submissions")
            self.assertEqual((status, list(reply)), (201, ["token"]), reply)
            self.assertTrue(wait_until(lambda: len(receiver.received) == 2, 30))
            self.assertEqual(receiver.methods, ["PUT", "PUT"])
            _, headers, told = receiver.received[1]
            self.assertEqual(headers["Content-Type"], "application/json")
            self.assertTrue(is_ours(headers, told))
            self.assertEqual(json.loads(told), broker.get(f"/submissions/{reply['token']}?base64_encoded=true")[1])
            self.assertEqual(json.loads(told)["stdout"], base64.b64encode(b"hi\n").decode())
            self.assertEqual(json.loads(told)["status"], {"id": 3, "description": "Accepted"})
            # Each of a batch by itself.
            status, _, tokens = broker.post({"submissions": [body, {**body, "expected_output": "no"}]},
                                            path="/submissions/batch")
            self.assertEqual(status, 201, tokens)
            self.assertTrue(wait_until(lambda: len(receiver.received) == 4, 30))
            ends = {told["token"]: told["status"]["id"] for told in (json.loads(body) for _, _, body in receiver.received)}
            self.assertEqual([ends[one["token"]] for one in tokens], [3, 4])
            # The egress policy and the form of the URL are those of all webhooks.
            status, _, reply = broker.post({**body, "callback_url": "ftp://example.org/"}, path="/submissions")
            self.assertEqual((status, list(reply)), (422, ["callback_url"]), reply)
            broker.post({**body, "callback_url": "http://169.254.169.254/"}, path="/submissions")
            self.assertTrue(wait_until(lambda: self.dead(broker), 30))
            self.assertIn("the egress policy does not permit", self.dead(broker)[0])
        with Broker(compat={"judge0": True}) as broker:
            status, _, reply = broker.post(body, path="/submissions")
            self.assertEqual((status, list(reply)), (403, ["error"]), reply)

    def test_what_is_not_taken_is_tried_again_and_then_dead(self):
        with Receiver([500, 503, 204]) as receiver, Receiver([500]) as broken, self.broker() as broker:
            job = self.job(broker, receiver.url())
            lost = self.job(broker, broken.url())
            self.assertTrue(wait_until(lambda: len(receiver.received) == 3 and self.dead(broker), 40))
            self.assertEqual(receiver.ids(), [job] * 3)
            self.assertTrue(all(is_ours(headers, body) for _, headers, body in receiver.received))
            self.assertEqual(broken.ids(), [lost] * 3)
            self.assertIn("the receiver answered 500", self.dead(broker)[0])
            record = [line for line in broker.log_lines("audit.log") if line["event"] == "Webhook dead"]
            self.assertEqual([(line["execution_id"], line["attempts"]) for line in record], [(lost, 3)])
            self.assertEqual(broker.get("/v1/audit?outcome=webhook_dead")[1]["records"], record)
            metrics = metrics_of(broker)
            self.assertEqual([metrics.value("sallyport_webhook_attempts_total", result=result)
                              for result in ("taken", "failed", "refused")], [1, 5, 0])
            self.assertEqual([metrics.value("sallyport_webhook_deliveries_ended_total", outcome=outcome)
                              for outcome in ("taken", "dead")], [1, 1])
            self.assertTrue(wait_until(
                lambda: metrics_of(broker).value("sallyport_webhook_deliveries", state="dead") == 1, 15))

    def test_a_delivery_outlives_the_broker(self):
        with Receiver([500, 204]) as receiver, self.broker(first_retry_seconds=3) as broker:
            job = self.job(broker, receiver.url())
            self.assertTrue(wait_until(lambda: receiver.received, 30))
            time.sleep(0.5)  # For the failure to be written down.
            broker.kill()
            broker.start()
            self.assertTrue(wait_until(lambda: len(receiver.received) == 2, 60))
            self.assertEqual(receiver.ids(), [job] * 2)

    def test_addresses_that_are_not_listed_are_not_connected_to(self):
        with Receiver() as receiver, self.broker(allowed_networks="10.255.0.0/16") as broker:
            hosts = ["127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]", "169.254.169.254"]
            for host in hosts:
                self.job(broker, receiver.url(host=host))
            self.assertTrue(wait_until(lambda: len(self.dead(broker)) == len(hosts), 60), self.dead(broker))
            for line in self.dead(broker):
                self.assertIn("after 1 attempts: the egress policy does not permit", line)
            self.assertEqual(receiver.received, [])

    def certificate(self, name):
        files = f"{self.folder}/{name}.pem", f"{self.folder}/{name}.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-days", "2", "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1",
                        "-out", files[0], "-keyout", files[1]], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*files)
        return files[0], context

    def test_certificates_are_verified(self):
        known, trusted = self.certificate("known")
        _, stranger = self.certificate("stranger")
        with Receiver(context=trusted) as receiver, Receiver(context=stranger) as other, \
                self.broker(ca_file=known, allow_http=False, max_attempts=1) as broker:
            job = self.job(broker, receiver.url("https"))
            self.assertTrue(wait_until(lambda: receiver.received, 30))
            self.assertEqual(receiver.ids(), [job])
            self.job(broker, other.url("https"))
            self.job(broker, receiver.url("https", "localhost"))  # A name that the certificate does not hold.
            self.assertTrue(wait_until(lambda: len(self.dead(broker)) == 2, 30), self.dead(broker))
            self.assertEqual(other.received, [])
            self.assertEqual(len(receiver.received), 1)

    def test_requests_that_may_not_call_back(self):
        with self.broker(allow_http=False) as broker:
            for url in ("http://example.org/", "https://user@example.org/", "example.org", 7):
                status, _, body = broker.post({"code": "1", "mode": "async", "callback_url": url})
                self.assertEqual(status, 422, body)
                self.assertIn("callback_url", body["message"])
            status, _, body = broker.post({"code": "1", "callback_url": "https://example.org/", **NO_DOORS})
            self.assertEqual(status, 422, body)
        with Broker() as broker:
            status, _, body = broker.post({"code": "1", "mode": "async", "callback_url": "https://example.org/"})
            self.assertEqual(status, 403, body)

    def test_it_does_not_start_without_a_secret(self):
        with open(self.secret, "w", encoding="ascii") as file:
            file.write("short\n")
        broker = self.broker()
        self.addCleanup(shutil.rmtree, broker.folder, ignore_errors=True)
        with self.assertRaisesRegex(AssertionError, "webhooks.secret_file"):
            broker.start()


if __name__ == "__main__":
    unittest.main()
