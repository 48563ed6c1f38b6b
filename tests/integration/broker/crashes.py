"""Clients that keep on submitting while brokers are killed, and the reckoning afterwards."""

import http.client
import json
import random
import threading
import time

from harness import NO_DOORS

ENDED = {"succeeded", "failed", "cancelled", "expired"}

# Two runs of a program print different lines, so that a second result would show.
PROGRAM = "import time\ntime.sleep({pause})\nprint({number}, time.time_ns())"


class Client:
    """Submits under a key until it has an answer, whatever happens to the brokers meanwhile."""

    def __init__(self, ports, deadline):
        self.ports = ports  # Gives the ports that may answer now.
        self.deadline = deadline
        self.random = random.Random()

    def ask(self, method, path, body=None, headers=None):
        """The first answer that is no 503, from any broker."""
        while time.monotonic() < self.deadline:
            port = self.random.choice(self.ports() or [0])
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            try:
                data = None if body is None else json.dumps(body).encode()
                fields = {"Content-Type": "application/json"} if data is not None else {}
                connection.request(method, path, data, {**fields, **(headers or {})})
                response = connection.getresponse()
                answer = response.status, json.loads(response.read())
                if answer[0] != 503:
                    return answer
            except (OSError, http.client.HTTPException, ValueError):
                pass  # It has been killed, or is not there yet.
            finally:
                connection.close()
            time.sleep(0.05)
        raise AssertionError(f"no answer to {method} {path} in time")


class Submitters:
    """Threads that submit numbered jobs until they are told to stop.

    One waits for each; the others for the oldest of a few, so that no more is queued than a slow machine gets done.
    """

    def __init__(self, ports, seconds, threads=4, pause=0.05, ahead=6):
        self.ports = ports
        self.deadline = time.monotonic() + seconds
        self.pause = pause  # Of each program.
        self.ahead = ahead  # Jobs of a thread that have not ended.
        self.lock = threading.Lock()
        self.next = 0
        self.jobs = {}  # By number: the answer.
        self.waited = set()  # Numbers of those whose answer was the reply.
        self.seen = {}  # By id: the first result that a client saw.
        self.mistakes = []
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(i == 0,), daemon=True) for i in range(threads)]

    def start(self):
        for thread in self.threads:
            thread.start()

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join(120)

    def client(self):
        return Client(self.ports, self.deadline)

    def run(self, waits):
        client = self.client()
        open_jobs = []
        try:
            while not self.stopping.is_set():
                with self.lock:
                    number = self.next
                    self.next += 1
                open_jobs.append(self.submit(client, number, waits))
                while len(open_jobs) >= (1 if waits else self.ahead) and not self.stopping.is_set():
                    if open_jobs[0] is None or self.look(client, open_jobs[0]):
                        open_jobs.pop(0)
                    else:
                        self.stopping.wait(0.1)
        except AssertionError as error:
            self.mistakes.append(str(error))

    def submit(self, client, number, waits):
        body = {"code": PROGRAM.format(number=number, pause=self.pause), **NO_DOORS}
        body["mode"] = "sync" if waits else "async"
        status, answer = client.ask("POST", "/v1/executions", body, {"Idempotency-Key": f"job {number}"})
        if status != (200 if waits else 202):
            self.mistakes.append(f"job {number}: {status} {answer}")
            return None
        with self.lock:
            self.jobs[number] = answer
            if waits:
                self.waited.add(number)
        return answer["id"]

    def look(self, client, job):
        """Whether it has ended; what was seen then must stay."""
        status, body = client.ask("GET", "/v1/executions/" + job)
        if status != 200:
            self.mistakes.append(f"{job}: {status} {body}")
            return True
        if body["state"] in ENDED:
            self.seen[job] = body
        return body["state"] in ENDED

    def reckon(self):
        """Waits for all of them. What is wrong, and some figures."""
        client = self.client()
        mistakes = list(self.mistakes)
        for number, answer in sorted(self.jobs.items()):
            job = self.ended(client, answer["id"])
            if job is None:
                mistakes.append(f"job {number} is lost: {answer['id']}")
                continue
            result = job.get("result") or {}
            if job["state"] != "succeeded" or not result.get("stdout", "").startswith(f"{number} "):
                mistakes.append(f"job {number}: {job}")
            if number in self.waited and answer != result:
                mistakes.append(f"job {number} was answered otherwise: {answer} and {result}")
            if self.seen.get(answer["id"], job) != job:
                mistakes.append(f"job {number} has changed: {self.seen[answer['id']]} and {job}")
        listed = self.list(client)
        ids = [answer["id"] for answer in self.jobs.values()]
        if len(set(ids)) != len(ids):
            mistakes.append("two requests got one job")
        extra = set(listed) - set(ids)
        if len(listed) != len(set(listed)) or extra:
            mistakes.append(f"jobs that nobody sent: {sorted(extra)}")
        return mistakes, len(ids)

    def ended(self, client, job):
        while time.monotonic() < self.deadline:
            status, body = client.ask("GET", "/v1/executions/" + job)
            if status == 404:
                return None
            if body["state"] in ENDED:
                return body
            time.sleep(0.05)
        return None

    @staticmethod
    def list(client):
        listed, cursor = [], ""
        while cursor is not None:
            body = client.ask("GET", "/v1/executions?limit=100" + (f"&cursor={cursor}" if cursor else ""))[1]
            listed += [job["id"] for job in body["executions"]]
            cursor = body["next_cursor"]
        return listed


def crash(broker, kills, seconds, longest_life=1.5, seed=None):
    """Kills a broker at random moments, so many times or for so long. (mistakes, jobs, kills)"""
    chance = random.Random(seed)
    ports = []
    submitters = Submitters(lambda: list(ports), 2 * seconds + 120)
    ports.append(broker.port)
    submitters.start()
    begin = time.monotonic()
    killed = 0
    while killed < kills and time.monotonic() - begin < seconds:
        time.sleep(chance.uniform(0, longest_life))
        ports.clear()
        broker.kill()
        killed += 1
        broker.start()
        ports.append(broker.port)
    submitters.stop()
    mistakes, jobs = submitters.reckon()
    return mistakes, jobs, killed

