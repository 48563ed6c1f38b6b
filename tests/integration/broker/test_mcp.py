"""The Model Context Protocol by hand: what no well-made client sends, and what proxies rely on."""

import json
import socket
import time
import unittest

from harness import BrokerTestCase, wait_until

META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}


class Mcp(BrokerTestCase):
    def send(self, body, headers=None):
        """(status, headers, body or None)"""
        connection = self.broker.connect()
        try:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            connection.request("POST", "/mcp", data, {
                "Content-Type": "application/json", "Accept": "application/json, text/event-stream", **(headers or {})})
            response = connection.getresponse()
            text = response.read()
            return response.status, response.headers, json.loads(text) if text else None
        finally:
            connection.close()

    def ask(self, method, params=None, headers=None, meta=None):
        """Status and body of a request of the current revision."""
        params = {**(params or {}), "_meta": META if meta is None else meta}
        given = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": method}
        if "name" in params:
            given["Mcp-Name"] = params["name"]
        given.update(headers or {})
        given = {name: value for name, value in given.items() if value is not None}
        status, _, body = self.send({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}, given)
        return status, body

    def run_python(self, **arguments):
        return self.ask("tools/call", {"name": "run_python", "arguments": arguments})

    def test_a_request_says_all_that_is_needed(self):
        status, body = self.run_python(code="print(6 * 7)")
        self.assertEqual(status, 200)
        result = body["result"]
        self.assertEqual((body["id"], result["resultType"], result["isError"]), (1, "complete", False))
        self.assertEqual(result["structuredContent"]["stdout"], "42\n")
        self.assertEqual(result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "sallyport")

    def test_discovery(self):
        status, body = self.ask("server/discover")
        self.assertEqual(status, 200)
        self.assertEqual(body["result"]["supportedVersions"][:2], ["2026-07-28", "2025-11-25"])
        self.assertEqual(body["result"]["capabilities"], {"tools": {}})
        self.assertIn(body["result"]["cacheScope"], ("public", "private"))
        self.assertIsInstance(body["result"]["ttlMs"], int)

    def test_the_list_of_tools_is_the_same_each_time(self):
        first, second = self.ask("tools/list"), self.ask("tools/list")
        self.assertEqual(first, second)
        self.assertIsInstance(first[1]["result"]["ttlMs"], int)

    def test_headers_and_body_must_agree(self):
        for headers in ({"MCP-Protocol-Version": None}, {"MCP-Protocol-Version": "2025-11-25"}, {"Mcp-Method": None},
                        {"Mcp-Method": "tools/list"}, {"Mcp-Name": None}, {"Mcp-Name": "validate_python"}):
            status, body = self.ask("tools/call", {"name": "run_python", "arguments": {"code": "1"}}, headers)
            self.assertEqual((status, body["error"]["code"]), (400, -32020), headers)

    def test_unknown_versions_and_methods(self):
        status, body = self.ask("tools/list", headers={"MCP-Protocol-Version": "1900-01-01"},
                                meta={**META, "io.modelcontextprotocol/protocolVersion": "1900-01-01"})
        self.assertEqual((status, body["error"]["code"]), (400, -32022))
        self.assertIn("2026-07-28", body["error"]["data"]["supported"])
        for method in ("ping", "resources/list", "prompts/list", "subscriptions/listen", "no/such"):
            status, body = self.ask(method)
            self.assertEqual((status, body["error"]["code"], body["id"]), (404, -32601, 1), method)
        status, body = self.ask("tools/list", meta={"io.modelcontextprotocol/protocolVersion": "2026-07-28"})
        self.assertEqual((status, body["error"]["code"]), (400, -32602))

    def test_what_is_no_message(self):
        for body in (b"", b"{", b"[]", b"null", b'{"jsonrpc":"2.0"}', b'{"jsonrpc":"2.0","id":{},"method":"ping"}',
                     b'{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}', b"[" * 100_000,
                     b'{"jsonrpc":"2.0","id":1,"method":"x","params":' + b'{"a":' * 5000 + b"1" + b"}" * 5001):
            status, _, answer = self.send(body)
            self.assertEqual(status, 400, body[:60])
            self.assertIn(answer["error"]["code"], (-32700, -32600, -32602))
            self.assertNotIn("id", answer)

    def test_what_the_tool_does_not_offer(self):
        for arguments in ({"code": "1", "enable_ast_validation": False}, {"code": "1", "policy": "off"},
                          {"code": 1}, {}, {"code": "1", "files": [{"path": "../x", "content": ""}]},
                          {"code": "1", "image": "no-such"}):
            status, body = self.run_python(**arguments)
            self.assertEqual((status, body["result"]["isError"]), (200, True), arguments)
            self.assertNotIn("structuredContent", body["result"])

    def test_a_page_from_elsewhere(self):
        for origin, expected in (("http://evil.example", 403), ("null", 403), ("http://127.0.0.1:3000", 200)):
            status, body = self.ask("tools/list", headers={"Origin": origin})
            self.assertEqual(status, expected, origin)

    def test_get_and_delete_are_not_served(self):
        for method in ("GET", "DELETE"):
            connection = self.broker.connect()
            connection.request(method, "/mcp")
            response = connection.getresponse()
            self.assertEqual((response.status, response.headers["Allow"]), (405, "POST, OPTIONS"))
            connection.close()

    def test_secrets_do_not_come_back(self):
        secret = "AKIA" + "QWERTYUIOPASDFGH"
        status, body = self.run_python(code=f"print('key', 'AKIA' + '{secret[4:]}')")
        self.assertEqual(status, 200)
        self.assertNotIn(secret, json.dumps(body))
        self.assertTrue(body["result"]["structuredContent"]["was_output_redacted"])

    def test_closing_the_connection_cancels(self):
        body = json.dumps({"jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": {
            "name": "run_python", "arguments": {"code": "import time\ntime.sleep(25)"}, "_meta": META}}).encode()
        head = (f"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
                "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: run_python\r\n\r\n")
        with socket.create_connection(("127.0.0.1", self.broker.port)) as client:
            client.sendall(head.encode() + body)
            self.assertTrue(wait_until(lambda: self.broker.get("/readyz")[1]["running"] == 1, 10))
        begin = time.monotonic()
        self.assertTrue(self.broker.containers_gone(10))
        self.assertLess(time.monotonic() - begin, 10)


class SwitchedOff(BrokerTestCase):
    sections = {"mcp": {"enabled": False}}

    def test_there_is_nothing(self):
        self.assertEqual(self.broker.post({}, path="/mcp")[0], 404)


class OtherOrigins(BrokerTestCase):
    sections = {"mcp": {"allowed_origins": "https://chat.example,https://other.example"}}

    def test_listed_pages_may(self):
        body = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
        headers = {"MCP-Protocol-Version": "2025-11-25"}
        for origin, expected in (("https://other.example", 200), ("https://third.example", 403)):
            self.assertEqual(self.broker.post(body, {**headers, "Origin": origin}, "/mcp")[0], expected)


if __name__ == "__main__":
    unittest.main()
