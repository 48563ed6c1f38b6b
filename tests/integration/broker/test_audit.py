"""The audit trail of a real broker: whole after kills, and tampering shows."""

import json
import os
import shutil
import subprocess
import threading
import time
import unittest

from harness import BINARY, Broker, NO_DOORS, wait_until


class AuditTestCase(unittest.TestCase):
    sections = {}

    def setUp(self):
        self.broker = Broker(**self.sections)
        self.addCleanup(shutil.rmtree, self.broker.folder, ignore_errors=True)
        self.addCleanup(self.broker.stop)
        self.trail = f"{self.broker.folder}/audit.log"

    def command(self, *arguments):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("SALLYPORT_")}
        return subprocess.run([BINARY, "--config", self.broker.config_file, *arguments], check=False,
                              capture_output=True, text=True, env=environment, timeout=60)

    def verify(self, *arguments):
        done = self.command("audit", "verify", "--json", *arguments)
        verdict = json.loads(done.stdout)
        self.assertEqual(done.returncode, 0 if verdict["ok"] else 1, done)
        return verdict

    def query(self, *arguments):
        done = self.command("audit", "query", *arguments)
        self.assertEqual(done.returncode, 0, done)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def settled(self, records):
        """Waits until so many records are written."""
        self.assertTrue(wait_until(lambda: self.verify()["records"] >= records, 10))


class Tampering(AuditTestCase):
    def setUp(self):
        super().setUp()
        self.broker.start()
        for user in range(4):
            self.broker.run(f"print({user})", user_id=user)
        self.settled(8)

    def lines(self):
        with open(self.trail, encoding="utf-8") as file:
            return file.read().splitlines()

    def write(self, lines):
        with open(self.trail, "w", encoding="utf-8") as file:
            file.write("".join(line + "\n" for line in lines))

    def mistakes(self, *arguments):
        return [(mistake["line"], mistake["what"]) for mistake in self.verify(*arguments)["mistakes"]]

    def test_whole_while_the_broker_runs_and_after(self):
        self.assertEqual(self.mistakes(), [])
        self.broker.stop()
        self.assertEqual(self.mistakes(), [])
        self.broker.start()
        self.broker.run("print(5)")
        self.settled(10)
        self.assertEqual(self.mistakes(), [])
        self.assertNotIn("print", "".join(self.lines()))  # No code.

    def test_what_is_done_to_it_shows_with_its_place(self):
        self.broker.stop()
        lines = self.lines()
        anchor = "4:" + json.loads(lines[3])["hash"]
        self.write(lines[:2] + [lines[2].replace('"user_id":1', '"user_id":9')] + lines[3:])
        self.assertEqual([line for line, _ in self.mistakes()], [3])
        self.write(lines[:2] + lines[3:])
        self.assertEqual(self.mistakes(), [(3, "record 3 is missing before this one")])
        self.write(lines[:2] + [lines[3], lines[2]] + lines[4:])
        self.assertIn(3, [line for line, _ in self.mistakes()])
        self.write(lines[:5])
        self.assertEqual(self.mistakes(), [(None, "records 6 to 8 are missing at the end")])
        self.write(lines)
        self.assertEqual(self.mistakes("--anchor", anchor), [])
        self.assertEqual(self.mistakes("--anchor", "4:" + "0" * 64), [(4, "record 4 is not the one of the anchor")])

    def test_a_cut_end_is_told_at_the_next_start_and_stays(self):
        self.broker.stop()
        self.write(self.lines()[:5])
        self.broker.start()
        told = [line for line in self.broker.log_lines() if line["event"] == "audit_trail"]
        self.assertIn("records 6 to 8 are missing at the end", told[0]["message"])
        self.assertEqual(self.mistakes(), [(6, "records 6 to 8 are missing before this one")])

    def test_the_words_for_people(self):
        done = self.command("audit", "verify")
        self.assertRegex(done.stdout, r"whole: 8 records, 1 to 8; anchor 8:[0-9a-f]{64}\n")
        self.broker.stop()
        self.write(self.lines()[1:])
        done = self.command("audit", "verify")
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{self.trail}:1: record 1 is missing at the beginning", done.stdout)

    def test_query(self):
        self.assertEqual([r["user_id"] for r in self.query("--outcome", "completed")], [0, 1, 2, 3])
        self.assertEqual([r["seq"] for r in self.query("--user", "2")], [5, 6])
        execution = self.query("--user", "3")[0]["execution_id"]
        self.assertEqual(len(self.query("--execution", execution)), 2)
        self.assertEqual([r["seq"] for r in self.query("--after", "3", "--limit", "2")], [4, 5])
        self.assertEqual(self.query("--until", "2020-01-01"), [])
        self.assertEqual(len(self.query("--since", "2020-01-01")), 8)
        slip = self.command("audit", "query", "--outcome", "complete")
        self.assertIn('did you mean "completed"?', slip.stderr)

    def test_the_api(self):
        status, page = self.broker.get("/v1/audit?limit=3&outcome=completed")
        self.assertEqual((status, [r["user_id"] for r in page["records"]]), (200, [0, 1, 2]))
        status, rest = self.broker.get(f"/v1/audit?limit=3&outcome=completed&after={page['next']}")
        self.assertEqual(([r["user_id"] for r in rest["records"]], rest["next"]), ([3], None))
        for query in ("limit=0", "limit=1001", "limit=x", "outcom=failed", "outcome=x", "since=today", "after=-1",
                      "after=1&after=2", "user_id=%zz", "user_id=%ff"):
            self.assertEqual(self.broker.get("/v1/audit?" + query)[0], 422, query)

    def test_another_process_writes_to_the_same_chain(self):
        program = f"{self.broker.folder}/program.py"
        with open(program, "w", encoding="ascii") as file:
            file.write("print(1)")
        runs = [threading.Thread(target=self.command, args=("run", program)) for _ in range(3)]
        for run in runs:
            run.start()
        for user in range(4):
            self.broker.run("print(1)", user_id=user)
        for run in runs:
            run.join()
        self.settled(22)
        self.assertEqual(self.mistakes(), [])
        self.assertEqual(self.verify()["records"], 22)


class Keys(AuditTestCase):
    sections = {"log": {"max_file_bytes": 4096, "audit_max_files": 50}}

    def test_admin_alone_sees_it_and_records_name_the_key(self):
        created = {}
        for name, scope in (("worker", "execute"), ("auditor", "admin")):
            created[name] = json.loads(self.command(
                "keys", "create", name, "--scope", scope, "--json", "--may-switch-off",
                "enable_ast_validation,enable_output_validation,redact_sensitive_output").stdout)
        self.broker.start()
        for _ in range(10):
            status, _, _ = self.broker.post({"code": "print(1)", **NO_DOORS},
                                            {"Authorization": "Bearer " + created["worker"]["key"]})
            self.assertEqual(status, 200)

        def ask(name, query=""):
            connection = self.broker.connect()
            connection.request("GET", "/v1/audit" + query, headers={"X-Api-Key": created[name]["key"]})
            response = connection.getresponse()
            body = json.loads(response.read())
            connection.close()
            return response.status, body

        self.assertEqual(self.broker.get("/v1/audit")[0], 401)
        self.assertEqual(ask("worker")[0], 403)
        self.settled(22)
        status, page = ask("auditor", "?limit=1000&key_id=" + created["worker"]["id"])
        self.assertEqual((status, len(page["records"]), page["next"]), (200, 21, None))
        self.assertTrue(os.path.exists(self.trail + ".1"))  # Over several files.
        self.assertEqual(self.verify()["mistakes"], [])
        with open(self.trail, encoding="utf-8") as file:
            self.assertNotIn(created["worker"]["key"][12:], file.read())


class ChangesOfKeys(AuditTestCase):
    def test_each_is_on_record_beside_a_broker_and_without_one(self):
        created = json.loads(self.command("keys", "create", "worker", "--expires", "1d", "--json").stdout)
        self.broker.start()
        self.command("keys", "rotate", "worker")
        self.command("keys", "revoke", "nobody")
        self.assertEqual(self.command("keys", "revoke", "worker").stderr, "")
        records = self.query("--key", created["id"])
        self.assertEqual([r["event"] for r in records], ["API key created", "API key rotated", "API key revoked"])
        for record in records:
            self.assertEqual((record["name"], record["scopes"], record["by_uid"]),
                             ("worker", ["execute", "validate", "read"], os.getuid()))
            self.assertRegex(record["expires"], r"^20\d\d-")
        self.assertEqual(self.query("--outcome", "key_revoked"), records[2:])
        self.assertEqual(self.verify()["mistakes"], [])
        with open(self.trail, encoding="utf-8") as file:
            self.assertNotIn(created["key"][12:], file.read())

    def test_a_trail_that_cannot_be_written_ends_no_command(self):
        self.command("keys", "create", "worker")
        os.remove(self.trail)
        os.mkdir(self.trail)
        done = self.command("keys", "revoke", "worker")
        self.assertEqual(done.returncode, 0)
        self.assertIn("not on record", done.stderr)
        self.assertIn("revoked", self.command("keys", "list").stdout)
        os.rmdir(self.trail)


class EndsOfSessions(AuditTestCase):
    def test_sessions_are_on_record(self):
        self.broker.start()
        status, _, session = self.broker.post({"user_id": 7}, path="/v1/sessions")
        self.assertEqual(status, 201, session)
        self.broker.post({"user_id": 7, "code": "1"}, path=f"/v1/sessions/{session['id']}/cells")
        connection = self.broker.connect()
        connection.request("DELETE", f"/v1/sessions/{session['id']}?user_id=7")
        self.assertEqual(connection.getresponse().status, 204)
        connection.close()
        self.settled(4)
        begun, ended = self.query("--outcome", "session_created"), self.query("--outcome", "session_ended")
        self.assertEqual([(r["session_id"], r["user_id"]) for r in begun], [(session["id"], 7)])
        self.assertEqual([(r["session_id"], r["reason"], r["cells"]) for r in ended], [(session["id"], "deleted", 1)])


class Kills(AuditTestCase):
    def test_whole_after_each_of_many_kills(self):
        for round_number in range(12):
            self.broker.start()
            stop = threading.Event()

            def send(stop=stop):
                while not stop.is_set():
                    try:
                        self.broker.post({"code": "import os", "user_id": 1})  # Answered by the first door.
                    except (OSError, ValueError, AttributeError):
                        return

            senders = [threading.Thread(target=send) for _ in range(4)]
            for sender in senders:
                sender.start()
            time.sleep(0.15 + 0.02 * round_number)
            self.broker.kill()
            stop.set()
            for sender in senders:
                sender.join()
        self.broker.start()
        verdict = self.verify()
        self.assertEqual(verdict["mistakes"], [])
        self.assertGreater(verdict["records"], 100)


class WithoutATrail(AuditTestCase):
    sections = {"log": {"audit_file": ""}}

    def test_is_said(self):
        self.broker.start()
        status, body = self.broker.get("/v1/audit")
        self.assertEqual(status, 404)
        self.assertIn("log.audit_file", body["message"])
        self.assertIn("log.audit_file", self.command("audit", "verify").stderr)


if __name__ == "__main__":
    unittest.main()
