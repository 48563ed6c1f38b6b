"""What a broker sends to a callback_url, verified by the client."""

import http.server
import tempfile
import threading
import unittest

import sallyport
from harness import Broker, wait_until
from sallyport import webhooks

SECRET = "a secret that nobody guesses, of some length"


class Receiver(http.server.ThreadingHTTPServer):
    def __init__(self):
        self.received = []
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}/hook"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((body, dict(self.headers)))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


class Webhooks(unittest.TestCase):
    def test_the_end_of_jobs(self):
        with tempfile.NamedTemporaryFile("w") as secret, Receiver() as receiver:
            self.addCleanup(receiver.shutdown)
            secret.write(SECRET + "\n")
            secret.flush()
            settings = {"enabled": True, "secret_file": secret.name, "allow_http": True,
                        "allowed_networks": "127.0.0.1/32"}
            with Broker(webhooks=settings) as broker:
                executor = sallyport.CodeExecutor(
                    user_id=7, settings=sallyport.ClientSettings(base_url=f"http://127.0.0.1:{broker.port}"))
                done = executor.submit("print('hi')", callback_url=receiver.url)
                self.assertTrue(wait_until(lambda: len(receiver.received) == 1, 30))
                stopped = executor.submit("import time\ntime.sleep(25)", callback_url=receiver.url)
                stopped.cancel()
                self.assertTrue(wait_until(lambda: len(receiver.received) == 2, 30))
                events = [webhooks.verify(body, headers, SECRET) for body, headers in receiver.received]
                self.assertEqual([event.id for event in events], [done.id, stopped.id])
                self.assertEqual(events[0].job, done.refresh())
                self.assertEqual((events[0].job.user_id, events[0].job.result.stdout), (7, "hi\n"))
                self.assertEqual((events[1].job.state, events[1].job.outcome().error_type),
                                 ("cancelled", "JobCancelledError"))
                body, headers = receiver.received[0]
                for wrong in ((body + b" ", headers, SECRET), (body, headers, "x"), (body, {}, SECRET)):
                    with self.assertRaises(webhooks.WebhookError):
                        webhooks.verify(*wrong)


if __name__ == "__main__":
    unittest.main()
